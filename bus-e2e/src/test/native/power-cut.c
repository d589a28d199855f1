/* Stops a file system at once, without writing what it has in memory: a power cut of one disk. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define SHUTDOWN _IOR('X', 125, uint32_t)
#define NO_LOG_FLUSH 2

int main(int argc, char **argv) {
    uint32_t how = NO_LOG_FLUSH;
    int folder = open(argc > 1 ? argv[1] : "", O_RDONLY);
    if (folder < 0 || ioctl(folder, SHUTDOWN, &how) < 0) {
        perror("power-cut");
        return 1;
    }
    return 0;
}
