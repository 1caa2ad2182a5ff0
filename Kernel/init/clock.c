// Faults of the wall clock.
#include "init.h"

#include <sys/timex.h>
#include <time.h>

void set_clock(int64_t step_ns, int64_t drift_ppb) {
    // A tick of the kernel's clock is 10,000 us long; one more is 100 ppm. The rest is in 2^-16 ppm (adjtimex(2)).
    int64_t ticks = drift_ppb / 100000;
    struct timex rate = {
        .modes = ADJ_TICK | ADJ_FREQUENCY,
        .tick = 10000 + ticks,
        .freq = (drift_ppb - ticks * 100000) * 65536 / 1000,
    };
    if (clock_adjtime(CLOCK_REALTIME, &rate) < 0)
        report_problem("cannot let the clock drift by %lld ppb: %s", (long long)drift_ppb, strerror(errno));
    if (step_ns == 0)
        return;
    int64_t seconds = step_ns / 1000000000, rest = step_ns % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    struct timex step = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_sec = seconds, .tv_usec = rest}};
    if (clock_adjtime(CLOCK_REALTIME, &step) < 0)
        report_problem("cannot step the clock by %lld ns: %s", (long long)step_ns, strerror(errno));
}
