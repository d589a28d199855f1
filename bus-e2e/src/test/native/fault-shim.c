/*
 * Preloaded into a process: faults of its disk and of its wall clock, as a file says that the test
 * maps and writes, FAULT_SHIM_CONTROL. A count is how many calls are still to fail, of those on
 * files whose path contains a text. The monotonic clock is left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    volatile int64_t clock_ms; /* added to the wall clock */
    volatile int32_t force_errors;
    volatile int32_t short_writes;
    volatile int32_t torn_writes; /* half is written, then EIO */
    volatile int32_t hits;        /* faults that happened */
    volatile char path_part[40];
};

static struct control none;
static struct control *control = &none;

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off_t);

__attribute__((constructor)) static void begin(void) {
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_pwrite64 = dlsym(RTLD_NEXT, "pwrite64");
    const char *path = getenv("FAULT_SHIM_CONTROL");
    int file = path == NULL ? -1 : open(path, O_RDWR);
    if (file >= 0) {
        void *mapped =
            mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED) control = mapped;
        close(file);
    }
}

static int strikes(volatile int32_t *left, int fd) {
    if (*left <= 0) return 0;
    char link[40], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strstr(path, (const char *)control->path_part) == NULL) return 0;
    if (__sync_fetch_and_sub(left, 1) <= 0) return 0;
    __sync_fetch_and_add(&control->hits, 1);
    return 1;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (real_clock_gettime == NULL) real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real_clock_gettime(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += control->clock_ms / 1000; /* whole seconds only */
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *into) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (into != NULL) *into = precise.tv_sec;
    return precise.tv_sec;
}

int fdatasync(int fd) {
    if (strikes(&control->force_errors, fd)) {
        errno = EIO;
        return -1;
    }
    return real_fdatasync(fd);
}

int fsync(int fd) {
    if (strikes(&control->force_errors, fd)) {
        errno = EIO;
        return -1;
    }
    return real_fsync(fd);
}

ssize_t pwrite64(int fd, const void *from, size_t length, off_t at) {
    if ((fcntl(fd, F_GETFL) & O_DSYNC) != 0 && strikes(&control->force_errors, fd)) {
        errno = EIO; /* a write that is a force as well */
        return -1;
    }
    if (length > 1 && strikes(&control->short_writes, fd)) {
        return real_pwrite64(fd, from, length / 2, at);
    }
    if (length > 1 && strikes(&control->torn_writes, fd)) {
        if (real_pwrite64(fd, from, length / 2, at) >= 0) errno = EIO;
        return -1;
    }
    return real_pwrite64(fd, from, length, at);
}

ssize_t pwrite(int fd, const void *from, size_t length, off_t at) {
    return pwrite64(fd, from, length, at);
}
