/* Moves the clock of the program that it is loaded into by OFFSET seconds; files keep the time of the system. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    const char *offset = getenv("OFFSET");
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME && offset)
        now->tv_sec += atol(offset);
    return failed;
}
