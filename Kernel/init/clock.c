// Faults of the wall clock.
#include "init.h"

#include <sys/timex.h>
#include <time.h>

void step_clock(int64_t step_ns) {
    int64_t seconds = step_ns / 1000000000, rest = step_ns % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    struct timex step = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_sec = seconds, .tv_usec = rest}};
    if (clock_adjtime(CLOCK_REALTIME, &step) < 0)
        report_problem("cannot step the clock by %lld ns: %s", (long long)step_ns, strerror(errno));
}
