// /proc/cpuinfo: the kernel's own names the host and lists its processor's features, so it would differ between hosts, and it
// lacks lines that programs look for: without "core id", ps and vmstat of procps end with an error.
#include "init.h"

#include <sys/mount.h>

// Baseline x86-64 (psABI, 3.1.1, "Processor Architecture"). Programs that want more ask the processor itself (CPUID).
static const char cpuinfo[] = "processor\t: 0\n"
                              "vendor_id\t: User Mode Linux\n"
                              "cpu family\t: 6\n"
                              "model\t\t: 0\n"
                              "model name\t: UML\n"
                              "stepping\t: 0\n"
                              "cpu MHz\t\t: 1000.000\n"
                              "cache size\t: 1024 KB\n"
                              "physical id\t: 0\n"
                              "siblings\t: 1\n"
                              "core id\t\t: 0\n"
                              "cpu cores\t: 1\n"
                              "fpu\t\t: yes\n"
                              "fpu_exception\t: yes\n"
                              "wp\t\t: yes\n"
                              "flags\t\t: fpu tsc msr cx8 cmov mmx fxsr sse sse2 syscall nx lm\n"
                              "bogomips\t: 2000.00\n"
                              "clflush size\t: 64\n"
                              "cache_alignment\t: 64\n"
                              "address sizes\t: 46 bits physical, 47 bits virtual\n"
                              "power management:\n"
                              "\n";

void hide_host_processor(void) {
    static char path[] = "/run/almanac/cpuinfo";
    write_file(path, cpuinfo, sizeof cpuinfo - 1, 0444);
    if (mount(path, "/proc/cpuinfo", NULL, MS_BIND, NULL) < 0)
        report_problem("cannot replace /proc/cpuinfo: %s", strerror(errno));
}
