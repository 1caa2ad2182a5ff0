// Whether anything in this machine can still happen by itself, for hang detection.
#include "init.h"

#include <dirent.h>
#include <stdio.h>

// A timer further away than this (a century) never expires in a lab: `sleep infinity`.
static const uint64_t for_ever_ns = 3155760000000000000u;

// Timers of the kernel itself, which wake no program.
static bool is_kernel_timer(const char *function) {
    static const char *const names[] = {
        "tick_nohz_handler", "tick_sched_timer", "dl_task_timer", "inactive_task_timer", "sched_rt_period_timer",
        "sched_cfs_period_timer", "sched_cfs_slack_timer", "hrtick", "watchdog_timer_fn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    return false;
}

// ns until the first timer that can wake a program; UINT64_MAX: there is none; 0: unknown.
static uint64_t next_timer(void) {
    FILE *file = fopen("/proc/timer_list", "re");
    if (file == NULL)
        return 0;
    char line[256], function[128] = "";
    uint64_t next = UINT64_MAX;
    while (fgets(line, sizeof line, file)) {
        long long distance;
        if (sscanf(line, " #%*d: <%*[^>]>, %127[^,]", function) == 1 ||
            sscanf(line, " # expires at %*d-%*d nsecs [in %lld to", &distance) != 1)
            continue;
        uint64_t left = distance > 0 ? (uint64_t)distance : 0;
        if (!is_kernel_timer(function) && left < for_ever_ns && left < next)
            next = left;
    }
    fclose(file);
    return next;
}

// A process's context switches: the number is unchanged if the process has not run since.
static uint64_t switches_of(int process) {
    char path[64], line[256];
    uint64_t sum = 0;
    snprintf(path, sizeof path, "/proc/%d/status", process);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        unsigned long long count;
        if (sscanf(line, "voluntary_ctxt_switches: %llu", &count) == 1 ||
            sscanf(line, "nonvoluntary_ctxt_switches: %llu", &count) == 1)
            sum += count;
    }
    if (file)
        fclose(file);
    return sum;
}

// Writes "sleep infinity (process 37)" for a process of a program; returns whether it can run now.
static bool describe(int process, char *text, size_t room, bool *is_program) {
    char path[64], stat[512] = "", line_of_command[81] = "";
    unsigned flags = 0;
    char state = 'S';
    *is_program = false;
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t used = fread(stat, 1, sizeof stat - 1, file);
    fclose(file);
    stat[used] = 0;
    char *name = strchr(stat, '('), *end = strrchr(stat, ')');
    const unsigned kernel_thread = 0x00200000;
    if (name == NULL || end == NULL || sscanf(end + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2 ||
        flags & kernel_thread || state == 'Z')
        return false;
    *is_program = true;
    *end = 0;
    snprintf(path, sizeof path, "/proc/%d/cmdline", process);
    file = fopen(path, "re");
    size_t count = file ? fread(line_of_command, 1, sizeof line_of_command - 1, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 0; i < count; i++)
        if ((unsigned char)line_of_command[i] < ' ')
            line_of_command[i] = ' ';
    while (count > 0 && line_of_command[count - 1] == ' ')
        line_of_command[--count] = 0;
    snprintf(text, room, "%.96s (process %d)", count > 0 ? line_of_command : name + 1, process);
    return state == 'R' || state == 'D';
}

// Reports how many programs can run now, when the first of their timers is due, how often they have run, and their names.
void report_outlook(void) {
    struct __attribute__((packed)) {
        uint64_t next;
        uint64_t switches;
        uint32_t runnable;
    } head = {next_timer(), 0, 0};
    char text[1024] = "";
    size_t used = 0, others = 0;
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        char name[160];
        bool is_program;
        int process = atoi(entry->d_name);
        if (process <= 0 || process == getpid())
            continue;
        head.runnable += describe(process, name, sizeof name, &is_program);
        if (!is_program)
            continue;
        head.switches += switches_of(process);
        if (used + strlen(name) + 32 < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? ", " : "", name);
        else
            others++;
    }
    if (folder)
        closedir(folder);
    if (others > 0)
        used += (size_t)snprintf(text + used, sizeof text - used, " and %zu more", others);
    send_message(message_outlook, &head, sizeof head, text, used);
}
