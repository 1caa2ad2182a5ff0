#define _GNU_SOURCE
#include "CAlmanac.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 has mount_setattr; older ones do not, so the call is made by number.
static int read_only_tree(const char *path) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes);
}

enum step {
    step_fork, step_folder, step_descriptors, step_personality, step_namespace, step_read_only, step_memory, step_exec
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
    default: return "execute it";
    }
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t count = write(file, text, strlen(text));
    close(file);
    return count < 0 ? -1 : 0;
}

// A mount namespace needs CAP_SYS_ADMIN: root has it, others get it inside a user namespace of their own in
// which they stay who they are.
static int enter_mount_namespace(void) {
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0)
        return 0;
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1\n", geteuid(), geteuid());
    snprintf(groups, sizeof groups, "%u %u 1\n", getegid(), getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return -1;
    write_file("/proc/self/setgroups", "deny");
    if (write_file("/proc/self/uid_map", users) < 0 || write_file("/proc/self/gid_map", groups) < 0)
        return -1;
    return 0;
}

static void fail(int pipe, int step) {
    struct calmanac_spawn_failure failure = {.step = step, .error = errno};
    ssize_t ignored = write(pipe, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static void become(const struct calmanac_spawn *spawn, int pipe, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (spawn->folder && chdir(spawn->folder) < 0)
        fail(pipe, step_folder);
    if (dup2(spawn->standard_input, 0) < 0 || dup2(spawn->standard_output, 1) < 0 ||
        dup2(spawn->standard_error, 2) < 0)
        fail(pipe, step_descriptors);
    if (spawn->fixed_addresses && personality(ADDR_NO_RANDOMIZE) < 0)
        fail(pipe, step_personality);
    if (spawn->read_only) {
        char *here = spawn->folder ? getcwd(NULL, 0) : NULL;
        if (enter_mount_namespace() < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
            fail(pipe, step_namespace);
        if (read_only_tree("/") < 0)
            fail(pipe, step_read_only);
        if (mount("almanac", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
            fail(pipe, step_memory);
        // The folder again, now through the namespace's own mounts.
        if (here && chdir(here) < 0)
            fail(pipe, step_folder);
        free(here);
    }
    // After the namespaces: a change of credentials forgets it.
    if (spawn->dies_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
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
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        failure->error = errno;
        close(pipes[0]);
        close(pipes[1]);
        return -1;
    }
    if (child == 0)
        become(spawn, pipes[1], parent);
    close(pipes[1]);
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

int calmanac_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1);
}
