#ifndef ZVENO_CZLIB_H
#define ZVENO_CZLIB_H

#include <zlib.h>

/* zlib's initialisers are macros over sizeof, which Swift does not see. */

static inline int czlib_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

static inline int czlib_deflate_init(z_stream *stream, int level, int window_bits) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}

#endif
