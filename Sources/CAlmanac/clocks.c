#define _GNU_SOURCE
#include "CAlmanac.h"

#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

int calmanac_signal_descriptor(const sigset_t *signals) {
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int calmanac_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    // The kernel writes whole structures only.
    return read(descriptor, &information, sizeof information) < 0 ? -1 : (int)information.ssi_signo;
}

int calmanac_timer_descriptor(unsigned milliseconds) {
    struct timespec period = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    struct itimerspec setting = {.it_interval = period, .it_value = period};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer >= 0)
        timerfd_settime(timer, 0, &setting, NULL);
    return timer;
}
