// SPDX-License-Identifier: Apache-2.0
//
// A guest's init that does nothing but wait, in the steps its argument names, and then powers off. Each step is a letter
// and its numbers (ns of CLOCK_MONOTONIC), separated by commas:
//
//   u<instant>         sleep until the clock shows the instant
//   f<length>          sleep for the length
//   p<period>x<count>  a periodic timer: as many expirations
//   r<count>           read the clock, as many times
//   w<length>          read the clock until the length has passed since the first reading
//   i                  wait for a byte on the console device: an interrupt from outside
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int console = -1;

static void fail(const char *what) {
    perror(what);
    reboot(RB_POWER_OFF);
}

static struct timespec from_ns(uint64_t ns) {
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void nap(int flags, uint64_t ns) {
    struct timespec time = from_ns(ns);
    if (clock_nanosleep(CLOCK_MONOTONIC, flags, &time, NULL) != 0)
        fail("clock_nanosleep");
}

static void tick(uint64_t period, uint64_t count) {
    struct itimerspec setting = {from_ns(period), from_ns(period)};
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    if (timer < 0 || timerfd_settime(timer, 0, &setting, NULL) != 0)
        fail("timerfd");
    while (count > 0) {
        uint64_t expirations;
        if (read(timer, &expirations, sizeof expirations) != sizeof expirations)
            fail("timerfd");
        count -= expirations < count ? expirations : count;
    }
    close(timer);
}

static void open_console(void) {
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) != 0)
        fail("/dev");
    console = open("/dev/hvc0", O_RDWR | O_NOCTTY);
    if (console < 0)
        fail("/dev/hvc0");
    struct termios settings;
    tcgetattr(console, &settings);
    cfmakeraw(&settings);
    tcsetattr(console, TCSANOW, &settings);
}

static void run(const char *step) {
    char *rest;
    uint64_t first = strtoull(step + 1, &rest, 10);
    uint64_t second = *rest == 'x' ? strtoull(rest + 1, NULL, 10) : 0;
    uint64_t began;
    char byte;
    switch (*step) {
    case 'u': nap(TIMER_ABSTIME, first); break;
    case 'f': nap(0, first); break;
    case 'p': tick(first, second); break;
    case 'r': while (first-- > 0) clock_ns(); break;
    case 'w': began = clock_ns(); while (clock_ns() - began < first) {} break;
    case 'i': if (read(console, &byte, 1) != 1) fail("read"); break;
    default: fail(step);
    }
}

int main(int argc, char **argv) {
    // A real-time task's sleeps have no slack, and its waking does not arm the timers of the fair scheduler's server.
    struct sched_param priority = {1};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
        fail("sched_setscheduler");
    if (argc < 2)
        fail("no steps");
    if (strchr(argv[1], 'i'))
        open_console();
    for (char *step = strtok(argv[1], ","); step; step = strtok(NULL, ","))
        run(step);
    reboot(RB_POWER_OFF);
}
