#ifndef ZVENO_CSTATX_H
#define ZVENO_CSTATX_H

/* What `import Glibc` does not show: when a file was made. */

#include <fcntl.h>
#include <linux/stat.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In nanoseconds since 1970; negative where the kernel or the file system does not say. By number, since glibc declares
   statx only under _GNU_SOURCE, and with that other types would differ from those of Swift's Glibc module. */
static inline int64_t cstatx_birth(const char *path) {
  struct statx file;
  if (syscall(SYS_statx, AT_FDCWD, path, 0, STATX_BTIME, &file) != 0 || !(file.stx_mask & STATX_BTIME)) return -1;
  return (int64_t)file.stx_btime.tv_sec * 1000000000 + (int64_t)file.stx_btime.tv_nsec;
}

#endif
