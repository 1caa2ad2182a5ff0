#define _GNU_SOURCE
#include "CAlmanac.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 has mount_setattr; older ones do not, so the call is made by number.
static int read_only_tree(const char *path) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes);
}

enum step {
    step_fork, step_folder, step_descriptors, step_personality, step_namespace, step_read_only, step_memory,
    step_show, step_show_folder, step_limits, step_user, step_parent, step_exec
};

const char *calmanac_step_name(int step) {
    switch (step) {
    case step_fork: return "start a process";
    case step_folder: return "enter its folder";
    case step_descriptors: return "hand over its descriptors";
    case step_personality: return "turn off address randomisation";
    case step_namespace: return "make a mount namespace";
    case step_read_only: return "make the host read-only for it";
    case step_memory: return "mount a tmpfs on /dev/shm";
    case step_show: return "show it a file at " CALMANAC_SHOWN_PATH;
    case step_show_folder: return "show it a folder at " CALMANAC_SHOWN_FOLDER;
    case step_limits: return "set its limits";
    case step_user: return "become another user";
    case step_parent: return "tie its life to its parent's";
    default: return "execute it";
    }
}

bool calmanac_step_isolates(int step) {
    return step == step_namespace || step == step_read_only || step == step_memory || step == step_show ||
           step == step_show_folder;
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t count = write(file, text, strlen(text));
    close(file);
    return count < 0 ? -1 : 0;
}

// "ID ID 1": maps this user or group to itself. Formatted by hand, since snprintf may not be called here.
static int map_identity(const char *path, unsigned id) {
    char digits[16] = "", text[40] = "";
    char *first = digits + sizeof digits - 1;
    do
        *--first = (char)('0' + id % 10);
    while ((id /= 10) > 0);
    strcat(strcat(strcat(strcat(text, first), " "), first), " 1");
    return write_file(path, text);
}

// A mount namespace needs CAP_SYS_ADMIN: root has it, others get it inside a user namespace of their own, in
// which their identity stays the same.
static int enter_mount_namespace(void) {
    uid_t user = geteuid();
    gid_t group = getegid();
    if (user == 0 && unshare(CLONE_NEWNS) == 0)
        return 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return -1;
    write_file("/proc/self/setgroups", "deny");
    return map_identity("/proc/self/uid_map", user) < 0 ? -1 : map_identity("/proc/self/gid_map", group);
}

static void fail(int pipe, int step) {
    struct calmanac_spawn_failure failure = {.step = step, .error = errno};
    ssize_t ignored = write(pipe, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

// A number above those that are handed over, so that no dup2 onto them can hit a descriptor that is still needed.
static int above_standard(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, CALMANAC_EXTRA_NUMBER + 1);
}

static int hand_over(const struct calmanac_spawn *spawn) {
    int input = above_standard(spawn->standard_input);
    int output = above_standard(spawn->standard_output);
    int error = above_standard(spawn->standard_error);
    int extra = spawn->extra < 0 ? -1 : above_standard(spawn->extra);
    if (input < 0 || output < 0 || error < 0 || (spawn->extra >= 0 && extra < 0))
        return -1;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0)
        return -1;
    if (extra >= 0 && dup2(extra, CALMANAC_EXTRA_NUMBER) < 0)
        return -1;
    unsigned first = extra < 0 ? CALMANAC_EXTRA_NUMBER : CALMANAC_EXTRA_NUMBER + 1;
    // The child inherits no other descriptor, whichever library or parent has opened it. The call needs Linux 5.11; on
    // older kernels only descriptors that are close-on-exec anyway are closed.
    return syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) < 0 && errno != ENOSYS && errno != EINVAL ? -1 : 0;
}

static int fix_addresses(void) {
    int before = personality(0xffffffff);
    return before < 0 ? -1 : personality((unsigned long)before | ADDR_NO_RANDOMIZE);
}

// The same file at a path that does not depend on where it is kept.
static int show(const char *file) {
    int place = open(CALMANAC_SHOWN_PATH, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (place < 0)
        return -1;
    close(place);
    return mount(file, CALMANAC_SHOWN_PATH, NULL, MS_BIND, NULL);
}

static int show_folder(const char *folder) {
    if (mkdir(CALMANAC_SHOWN_FOLDER, 0755) < 0)
        return -1;
    return *folder == 0 ? 0 : mount(folder, CALMANAC_SHOWN_FOLDER, NULL, MS_BIND, NULL);
}

static int fix_limits(void) {
    const struct rlimit none = {0, 0};
    umask(022);
    return setrlimit(RLIMIT_CORE, &none);
}

// Runs in the child, which has one thread and whatever locks the parent's threads held: system calls only, no memory
// from the heap.
static void become(const struct calmanac_spawn *spawn, int pipe, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    // Signals are blocked here: the parent's handlers never run in the child.
    // All zero is SIG_DFL. Not signal(): the C library keeps two numbers for itself and leaves them as they were.
    const long by_default[8] = {0};
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, by_default, NULL, (size_t)_NSIG / 8);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // The dynamic linker reads it.
    prctl(PR_SET_TSC, PR_TSC_ENABLE);
    int above = above_standard(pipe);
    if (above < 0)
        fail(pipe, step_descriptors);
    pipe = above;
    setpgid(0, 0);
    if (spawn->folder && chdir(spawn->folder) < 0)
        fail(pipe, step_folder);
    if (hand_over(spawn) < 0)
        fail(pipe, step_descriptors);
    if (spawn->fixed_addresses && fix_addresses() < 0)
        fail(pipe, step_personality);
    if (spawn->read_only) {
        // The folder entered above goes along: the kernel moves it to the namespace's own mounts.
        if (enter_mount_namespace() < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
            fail(pipe, step_namespace);
        if (read_only_tree("/") < 0)
            fail(pipe, step_read_only);
        if (mount("almanac", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
            fail(pipe, step_memory);
        if (spawn->shown_file && show(spawn->shown_file) < 0)
            fail(pipe, step_show);
        if (spawn->shown_folder && show_folder(spawn->shown_folder) < 0)
            fail(pipe, step_show_folder);
    }
    if (spawn->fixed_limits && fix_limits() < 0)
        fail(pipe, step_limits);
    if (spawn->user != 0 && (setgroups(0, NULL) < 0 || setresgid(spawn->group, spawn->group, spawn->group) < 0 ||
                             setresuid(spawn->user, spawn->user, spawn->user) < 0))
        fail(pipe, step_user);
    // After the namespaces and the user: a change of credentials resets it.
    if (spawn->dies_with_parent) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
            fail(pipe, step_parent);
        if (getppid() != parent)
            _exit(127);
    }
    execve(spawn->program, spawn->arguments, spawn->environment);
    fail(pipe, step_exec);
}

pid_t calmanac_spawn(const struct calmanac_spawn *spawn, struct calmanac_spawn_failure *failure) {
    int pipes[2];
    failure->step = step_fork;
    failure->error = 0;
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        failure->error = errno;
        return -1;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        become(spawn, pipes[1], parent);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pipes[1]);
    if (child < 0) {
        failure->error = error;
        close(pipes[0]);
        return -1;
    }
    ssize_t count;
    do
        count = read(pipes[0], failure, sizeof *failure);
    while (count < 0 && errno == EINTR);
    close(pipes[0]);
    if (count == 0)
        return child;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return -1;
}

int calmanac_pidfd_open(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int calmanac_set_subreaper(bool reaps) {
    return prctl(PR_SET_CHILD_SUBREAPER, reaps ? 1 : 0);
}

int calmanac_run_in_foreground(const char *program, char *const *arguments) {
    sigset_t all, old;
    // A process that is not in the foreground is stopped when it changes who is, unless it blocks this signal.
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    bool has_terminal = tcgetpgrp(STDIN_FILENO) == getpgrp();
    pid_t process = fork();
    if (process == 0) {
        setpgid(0, 0);
        if (has_terminal)
            tcsetpgrp(STDIN_FILENO, getpid());
        sigset_t none;
        sigemptyset(&none);
        signal(SIGPIPE, SIG_DFL);
        // A run gives up the time stamp counter, and its children with it.
        prctl(PR_SET_TSC, PR_TSC_ENABLE);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv(program, arguments);
        _exit(127);
    }
    int status = -1;
    while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    if (has_terminal)
        tcsetpgrp(STDIN_FILENO, getpgrp());
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (process < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
