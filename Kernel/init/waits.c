// What processes wait for: the system call in which they sleep, and its files.
#include "init.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

// A system call in which a task sleeps.
struct call {
    long number;
    unsigned long arguments[6];
};

// False: the task runs, or is gone.
static bool read_call(const char *task, struct call *call) {
    char path[640], line[256];
    snprintf(path, sizeof path, "/proc/%s/syscall", task);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool sleeps = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    unsigned long *a = call->arguments;
    return sleeps &&
           sscanf(line, "%ld %lx %lx %lx %lx %lx %lx", &call->number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) == 7;
}

// What a program reads: a terminal by its device number, a pipe by its file system and inode.
struct source {
    dev_t device;
    ino_t file;
};

static bool is_source(const char *task, unsigned long file, struct source source) {
    char path[512];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%s/fd/%lu", task, file);
    if (stat(path, &status) < 0)
        return false;
    if (S_ISCHR(status.st_mode))
        return status.st_rdev == source.device || major(status.st_rdev) == 5;
    return source.file != 0 && status.st_dev == source.device && status.st_ino == source.file;
}

// What a task waits for at once.
struct wait {
    bool source, others, has_limit;
};

static bool read_memory(const char *task, unsigned long address, void *bytes, size_t length) {
    char path[512];
    snprintf(path, sizeof path, "/proc/%s/mem", task);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t count = pread(file, bytes, length, (off_t)address);
    close(file);
    return count == (ssize_t)length;
}

static void note(const char *task, unsigned long file, struct source source, struct wait *wait) {
    if (is_source(task, file, source))
        wait->source = true;
    else
        wait->others = true;
}

static struct wait wait_in_poll(const char *task, const struct call *call, struct source source) {
    struct wait wait = {0};
    struct pollfd files[64];
    unsigned long count = call->arguments[1] < 64 ? call->arguments[1] : 64;
    if (!read_memory(task, call->arguments[0], files, count * sizeof *files))
        return wait;
    for (unsigned long i = 0; i < count; i++)
        if (files[i].fd >= 0 && files[i].events & POLLIN)
            note(task, (unsigned long)files[i].fd, source, &wait);
    wait.has_limit = call->number == SYS_poll ? (int)call->arguments[2] >= 0 : call->arguments[2] != 0;
    return wait;
}

static struct wait wait_in_select(const char *task, const struct call *call, struct source source) {
    struct wait wait = {.has_limit = call->arguments[4] != 0};
    fd_set files;
    unsigned long count = call->arguments[0] < FD_SETSIZE ? call->arguments[0] : FD_SETSIZE;
    // The kernel writes whole words.
    size_t length = (count + 63) / 64 * 8;
    FD_ZERO(&files);
    if (call->arguments[1] == 0 || !read_memory(task, call->arguments[1], &files, length))
        return wait;
    for (unsigned long i = 0; i < count; i++)
        if (FD_ISSET(i, &files))
            note(task, i, source, &wait);
    return wait;
}

static struct wait wait_in_epoll(const char *task, const struct call *call, struct source source) {
    struct wait wait = {.has_limit = (int)call->arguments[3] >= 0};
    char path[640], line[256];
    snprintf(path, sizeof path, "/proc/%s/fdinfo/%lu", task, call->arguments[0]);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        unsigned long target;
        if (sscanf(line, "tfd: %lu", &target) == 1)
            note(task, target, source, &wait);
    }
    if (file)
        fclose(file);
    return wait;
}

static enum need need_of(const char *task, struct source source) {
    struct call call;
    if (!read_call(task, &call))
        return need_time;
    struct wait wait = {0};
    switch (call.number) {
    case SYS_read: case SYS_readv: wait.source = is_source(task, call.arguments[0], source); break;
    case SYS_poll: case SYS_ppoll: wait = wait_in_poll(task, &call, source); break;
    case SYS_select: case SYS_pselect6: wait = wait_in_select(task, &call, source); break;
    case SYS_epoll_wait: case SYS_epoll_pwait: wait = wait_in_epoll(task, &call, source); break;
    default: break;
    }
    if (!wait.source)
        return need_time;
    return wait.others || wait.has_limit ? need_person : need_nothing;
}

enum need need_of_group(pid_t group, dev_t device, ino_t file) {
    struct source source = {device, file};
    enum need need = need_time;
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) && need != need_nothing) {
        if (atoi(entry->d_name) <= 0 || getpgid(atoi(entry->d_name)) != group)
            continue;
        enum need own = need_of(entry->d_name, source);
        if (own == need_nothing || (own == need_person && need == need_time))
            need = own;
    }
    if (folder)
        closedir(folder);
    return need;
}

// Names of calls in which programs wait; of others the kernel's function says more.
static const char *name_of(long number) {
    switch (number) {
    case SYS_read: return "read";
    case SYS_write: return "write";
    case SYS_readv: return "readv";
    case SYS_writev: return "writev";
    case SYS_poll: case SYS_ppoll: return "poll";
    case SYS_select: case SYS_pselect6: return "select";
    case SYS_epoll_wait: case SYS_epoll_pwait: return "epoll";
    case SYS_accept: case SYS_accept4: return "accept";
    case SYS_connect: return "connect";
    case SYS_recvfrom: case SYS_recvmsg: return "receive";
    case SYS_sendto: case SYS_sendmsg: return "send";
    case SYS_futex: return "futex";
    case SYS_nanosleep: case SYS_clock_nanosleep: return "sleep";
    case SYS_wait4: case SYS_waitid: return "wait for a child";
    case SYS_rt_sigsuspend: case SYS_pause: case SYS_rt_sigtimedwait: return "signal";
    case SYS_fsync: case SYS_fdatasync: return "fsync";
    case SYS_flock: return "flock";
    default: return NULL;
    }
}

static bool has_file(long number) {
    switch (number) {
    case SYS_read: case SYS_write: case SYS_readv: case SYS_writev: case SYS_accept: case SYS_accept4: case SYS_connect:
    case SYS_recvfrom: case SYS_recvmsg: case SYS_sendto: case SYS_sendmsg: case SYS_fsync: case SYS_fdatasync:
    case SYS_flock: return true;
    default: return false;
    }
}

void describe_wait(const char *task, char *text, size_t room) {
    struct call call;
    if (!read_call(task, &call)) {
        snprintf(text, room, "nothing: it can run");
        return;
    }
    const char *name = name_of(call.number);
    char path[512], target[128] = "";
    if (name != NULL && has_file(call.number)) {
        snprintf(path, sizeof path, "/proc/%s/fd/%lu", task, call.arguments[0]);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = 0;
        snprintf(text, room, "%s of fd %lu (%s)", name, call.arguments[0], target);
        return;
    }
    if (name != NULL) {
        snprintf(text, room, "%s", name);
        return;
    }
    snprintf(path, sizeof path, "/proc/%s/wchan", task);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(target, 1, sizeof target - 1, file) : 0;
    if (file)
        fclose(file);
    target[length] = 0;
    snprintf(text, room, "%s (system call %ld)", target, call.number);
}
