#ifndef ZVENO_CSTATX_H
#define ZVENO_CSTATX_H

/* What `import Glibc` does not show: when a file was made, and on what kind of file system it lies. */

#include <asm/statfs.h>
#include <linux/stat.h>
#include <stdint.h>
#include <sys/syscall.h>

/* glibc declares statx only under _GNU_SOURCE, and <fcntl.h> and <unistd.h> bring `struct stat` with them: with either,
   types of Swift's Glibc module would belong to this one, or differ. So the call is made by its number, from here. */
extern long syscall(long number, ...);

/* The path counts from the working directory (AT_FDCWD). */
#define CSTATX_WORKING_DIRECTORY (-100)

/* In nanoseconds since 1970; negative where the kernel or the file system does not say. */
static inline int64_t cstatx_birth(const char *path) {
  struct statx file;
  if (syscall(SYS_statx, CSTATX_WORKING_DIRECTORY, path, 0, STATX_BTIME, &file) != 0) return -1;
  if (!(file.stx_mask & STATX_BTIME)) return -1;
  return (int64_t)file.stx_btime.tv_sec * 1000000000 + (int64_t)file.stx_btime.tv_nsec;
}

/* By its number in statfs(2); negative where the kernel does not say. */
static inline int64_t cstatx_file_system(int file) {
  struct statfs system;
  if (syscall(SYS_fstatfs, file, &system) != 0) return -1;
  return (int64_t)system.f_type & 0xffffffff;
}

#endif
