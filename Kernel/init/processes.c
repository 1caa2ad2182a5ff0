// The processes of this machine, for somebody who looks at it: what each waits for, and its memory.
#include "init.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

// Adds "text" to a list of different waits with their counts.
struct waits {
    char text[8][192];
    unsigned count[8];
    unsigned used, others;
};

static void add_wait(struct waits *waits, const char *text) {
    for (unsigned i = 0; i < waits->used; i++)
        if (strcmp(waits->text[i], text) == 0) {
            waits->count[i]++;
            return;
        }
    if (waits->used == 8) {
        waits->others++;
        return;
    }
    snprintf(waits->text[waits->used], sizeof waits->text[0], "%s", text);
    waits->count[waits->used++] = 1;
}

static void print_waits(const char *process) {
    char path[512], task[600], text[192];
    struct waits waits = {0};
    snprintf(path, sizeof path, "/proc/%s/task", process);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (atoi(entry->d_name) <= 0)
            continue;
        snprintf(task, sizeof task, "%s/task/%s", process, entry->d_name);
        describe_wait(task, text, sizeof text);
        add_wait(&waits, text);
    }
    if (folder)
        closedir(folder);
    for (unsigned i = 0; i < waits.used; i++) {
        printf("%s%s", i > 0 ? ", " : "", waits.text[i]);
        if (waits.count[i] > 1)
            printf(" (%u threads)", waits.count[i]);
    }
    if (waits.others > 0)
        printf(", others (%u threads)", waits.others);
}

static size_t read_text(const char *process, const char *name, char *text, size_t room) {
    char path[512];
    snprintf(path, sizeof path, "/proc/%s/%s", process, name);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, room - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = 0;
    return length;
}

static void print_process(const char *process) {
    char stat[512], words[161];
    read_text(process, "stat", stat, sizeof stat);
    char *name = strchr(stat, '('), *end = strrchr(stat, ')');
    int parent;
    char state;
    unsigned flags;
    long pages;
    const unsigned kernel_thread = 0x00200000;
    if (name == NULL || end == NULL ||
        sscanf(end + 1, " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %ld", &state,
               &parent, &flags, &pages) != 4 ||
        flags & kernel_thread)
        return;
    size_t length = read_text(process, "cmdline", words, sizeof words);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)words[i] < ' ')
            words[i] = ' ';
    while (length > 0 && words[length - 1] == ' ')
        words[--length] = 0;
    *end = 0;
    printf("%6s %6d %c %7ld  %-40s  ", process, parent, state, pages * (sysconf(_SC_PAGESIZE) / 1024), length > 0 ? words : name + 1);
    if (state == 'Z')
        printf("its parent, to be reaped");
    else
        print_waits(process);
    printf("\n");
}

static int by_number(const struct dirent **a, const struct dirent **b) { return atoi((*a)->d_name) - atoi((*b)->d_name); }

// Not this process itself.
static int is_process(const struct dirent *entry) { return atoi(entry->d_name) > 0 && atoi(entry->d_name) != getpid(); }

int list_processes(void) {
    struct sysinfo memory;
    struct statvfs disk;
    const uint64_t mebibyte = 1 << 20;
    if (sysinfo(&memory) == 0)
        printf("memory: %llu of %llu MiB free\n", (unsigned long long)(memory.freeram * memory.mem_unit / mebibyte),
               (unsigned long long)(memory.totalram * memory.mem_unit / mebibyte));
    if (statvfs("/", &disk) == 0)
        printf("disk: %llu of %llu MiB free\n", (unsigned long long)(disk.f_bavail * disk.f_frsize / mebibyte),
               (unsigned long long)(disk.f_blocks * disk.f_frsize / mebibyte));
    printf("%6s %6s %c %7s  %-40s  %s\n", "PID", "PARENT", 'S', "KiB", "COMMAND", "WAITS FOR");
    struct dirent **processes;
    int count = scandir("/proc", &processes, is_process, by_number);
    for (int i = 0; i < count; i++)
        print_process(processes[i]->d_name);
    return 0;
}
