// The init of a lab's machine: makes the host's read-only root writable, does what almanac says over the control
// device, runs the commands, reports, powers off.
//
// Everything happens at simulated instants, so nothing here polls or ticks. The protocol's other end is
// Sources/Lab/Control/ControlMessage.swift: frames of u32 length, u8 type, payload, little-endian, both ways.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { protocol_version = 2, output_limit = 4096, payload_limit = 64 * 1024 * 1024 };
enum to_host { say_hello = 1, say_ready, say_started, say_output, say_ended, say_bye, say_problem, say_outlook };
enum from_host { hear_plan = 1, hear_go, hear_shutdown, hear_begin, hear_clock, hear_look };
enum record { is_host_name = 1, is_hosts, is_environment, is_interface, is_route, is_forward, is_file, is_command };

// Simulated time a command gets between its stop signal and SIGKILL.
static const uint64_t grace_ns = 5000000000u;

// What `at` is when a command has no next start.
static const uint64_t never_ns = UINT64_MAX;

struct command {
    uint32_t index;
    uint64_t at;    // its next start, ns of this machine's clock, or never_ns
    uint64_t every; // from start to start, ns; 0: it starts once
    uint64_t until; // no start then or later
    bool in_sequence, background;
    bool until_it_passes; // it starts no more once it has ended with pass_status
    uint8_t pass_status, stop_signal;
    char *text;
    pid_t process;
    int output;
    bool started, ended;
};

static int control = -1;
static struct command *commands;
static size_t command_count;
static size_t next_in_sequence;
static bool going, stopping;
static int timer = -1;

// --- saying things ----------------------------------------------------------------------------------------------

static void write_all(int file, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t count = write(file, next, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        next += count;
        length -= (size_t)count;
    }
}

// One frame is one write, so that it travels as one buffer of the device where it fits.
static void say(enum to_host type, const void *head, size_t head_length, const void *body, size_t body_length) {
    char frame[5 + 32 + output_limit];
    if (control < 0 || head_length > 32 || body_length > output_limit)
        return;
    uint32_t length = (uint32_t)(head_length + body_length);
    memcpy(frame, &length, 4);
    frame[4] = (char)type;
    memcpy(frame + 5, head, head_length);
    memcpy(frame + 5 + head_length, body, body_length);
    write_all(control, frame, 5 + length);
}

__attribute__((format(printf, 1, 2))) static void problem(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t used = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    say(say_problem, "", 0, text, used);
    dprintf(2, "init: %s\n", text);
}

static void power_off(void) {
    tcdrain(control);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

__attribute__((format(printf, 1, 2))) static void give_up(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    problem("%s", text);
    power_off();
}

// --- the file system --------------------------------------------------------------------------------------------

static void must_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    if (mount(source, target, type, flags, data) < 0)
        give_up("cannot mount %s on %s: %s", type ? type : source, target, strerror(errno));
}

// Not every kernel or host has all of these; what is missing is missed by who needs it.
static void may_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    if (mkdir(target, 0755) < 0 && errno != EEXIST)
        return;
    mount(source, target, type, flags, data);
}

// Whatever the host has: it is only covered inside this machine.
static const char *stage_folder(void) {
    static const char *const folders[] = {"/mnt", "/tmp", "/srv", "/media", "/opt"};
    struct stat status;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (stat(folders[i], &status) == 0 && S_ISDIR(status.st_mode))
            return folders[i];
    give_up("the host has none of /mnt /tmp /srv /media /opt to mount on");
    return NULL;
}

// Whether there is an ext4 file system: its magic number is at a fixed place.
static bool has_file_system(const char *device) {
    unsigned char magic[2];
    int file = open(device, O_RDONLY | O_CLOEXEC);
    bool found = file >= 0 && pread(file, magic, 2, 1080) == 2 && magic[0] == 0x53 && magic[1] == 0xef;
    if (file >= 0)
        close(file);
    return found;
}

static void make_file_system(const char *device) {
    static const char program[] = "/sbin/mke2fs";
    int status = -1;
    pid_t process = fork();
    if (process == 0) {
        execl(program, program, "-q", "-F", "-F", "-t", "ext4", "-m", "0", "-N", "16384", "-J", "size=4", "-E",
              "nodiscard,lazy_itable_init=0,lazy_journal_init=0", device, (char *)NULL);
        _exit(127);
    }
    if (process < 0 || waitpid(process, &status, 0) != process || status != 0)
        give_up("cannot make a file system for what this machine keeps: %s of e2fsprogs failed (status %d)", program, status);
}

// The mounted disk, if the machine has one.
static int disk = -1;

// Nothing is written to the disk any more: it would fail while the kernel powers off.
static void leave_disk(void) {
    char path[32];
    if (disk < 0)
        return;
    sync();
    snprintf(path, sizeof path, "/proc/self/fd/%d", disk);
    if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
        problem("cannot stop writing to the disk: %s", strerror(errno));
}

// The folder that holds what is written to the root: on the disk, if the machine has one, or else in memory.
static const char *writable_folder(void) {
    struct stat status;
    if (mkdir("dev", 0755) < 0 || mkdir("disk", 0755) < 0)
        give_up("cannot make folders: %s", strerror(errno));
    must_mount("devtmpfs", "dev", "devtmpfs", MS_NOSUID, "mode=0755");
    bool has_disk = stat("dev/vda", &status) == 0;
    if (has_disk) {
        if (!has_file_system("dev/vda"))
            make_file_system("dev/vda");
        must_mount("dev/vda", "disk", "ext4", 0, NULL);
        disk = open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    umount("dev");
    return has_disk ? "/disk" : "";
}

static void make_root_writable(void) {
    const char *stage = stage_folder();
    char options[256];
    must_mount("tmpfs", stage, "tmpfs", 0, "mode=0755");
    if (chdir(stage) < 0 || mkdir("root", 0755) < 0)
        give_up("cannot make folders in %s: %s", stage, strerror(errno));
    const char *folder = writable_folder();
    snprintf(options, sizeof options, "%s%s", stage, folder);
    // A disk has them already when the machine boots again.
    if (chdir(options) < 0 || (mkdir("upper", 0755) < 0 && errno != EEXIST) || (mkdir("work", 0755) < 0 && errno != EEXIST) ||
        chdir(stage) < 0)
        give_up("cannot make folders in %s: %s", options, strerror(errno));
    snprintf(options, sizeof options, "lowerdir=/,upperdir=%s%s/upper,workdir=%s%s/work", stage, folder, stage, folder);
    must_mount("overlay", "root", "overlay", 0, options);
    if (chdir("root") < 0)
        give_up("cannot enter the new root: %s", strerror(errno));
    // The old root stays mounted below, out of sight; the overlay needs it.
    if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
        give_up("cannot move to the new root: %s", strerror(errno));
    must_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    must_mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    must_mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
    may_mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,ptmxmode=0666");
    may_mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    may_mount("mqueue", "/dev/mqueue", "mqueue", 0, NULL);
    may_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    must_mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    may_mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
    may_mount("tmpfs", "/var/log", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
    mkdir("/run/lock", 01777);
    // What programs expect beside the devices the kernel names itself. They may be there already.
    (void)!symlink("/proc/self/fd", "/dev/fd");
    (void)!symlink("/proc/self/fd/0", "/dev/stdin");
    (void)!symlink("/proc/self/fd/1", "/dev/stdout");
    (void)!symlink("/proc/self/fd/2", "/dev/stderr");
}

static void make_parents(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
}

static void write_file(char *path, const void *bytes, size_t length, mode_t mode) {
    make_parents(path);
    // A link of the host's, such as /etc/resolv.conf into /run, is replaced and not followed.
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0) {
        problem("cannot write %s: %s", path, strerror(errno));
        return;
    }
    write_all(file, bytes, length);
    fchmod(file, mode);
    close(file);
}

// --- the network ------------------------------------------------------------------------------------------------

static int link_socket = -1;

static bool interface_call(unsigned long request, struct ifreq *call, const char *what) {
    if (ioctl(link_socket, request, call) == 0)
        return true;
    problem("cannot %s of %s: %s", what, call->ifr_name, strerror(errno));
    return false;
}

static void set_address(struct ifreq *call, unsigned long request, uint32_t address, const char *what) {
    struct sockaddr_in internet = {.sin_family = AF_INET, .sin_addr.s_addr = address};
    memcpy(&call->ifr_addr, &internet, sizeof internet);
    interface_call(request, call, what);
}

static uint32_t mask_of(unsigned prefix) { return prefix == 0 ? 0 : htonl(0xffffffffu << (32 - prefix)); }

// "10.0.0.1/24" -> address and prefix.
static bool read_address(char *text, uint32_t *address, unsigned *prefix) {
    char *slash = strchr(text, '/');
    *prefix = 32;
    if (slash != NULL) {
        *slash = 0;
        *prefix = (unsigned)strtoul(slash + 1, NULL, 10);
    }
    struct in_addr parsed;
    if (*prefix > 32 || inet_pton(AF_INET, text, &parsed) != 1)
        return false;
    *address = parsed.s_addr;
    return true;
}

static void bring_up(const char *name) {
    struct ifreq call = {0};
    snprintf(call.ifr_name, sizeof call.ifr_name, "%s", name);
    if (!interface_call(SIOCGIFFLAGS, &call, "read the flags"))
        return;
    call.ifr_flags |= IFF_UP | IFF_RUNNING;
    interface_call(SIOCSIFFLAGS, &call, "bring up the link");
}

// "eth0 02:aa:bb:cc:dd:ee 10.0.0.1/24 1500", address "-" for none.
static void set_interface(char *text) {
    char name[16], mac[18], address[24];
    unsigned mtu, prefix, want[6];
    uint32_t value;
    struct ifreq call = {0};
    if (sscanf(text, "%15s %17s %23s %u", name, mac, address, &mtu) != 4 ||
        sscanf(mac, "%x:%x:%x:%x:%x:%x", want, want + 1, want + 2, want + 3, want + 4, want + 5) != 6) {
        problem("an interface that makes no sense: %s", text);
        return;
    }
    snprintf(call.ifr_name, sizeof call.ifr_name, "%s", name);
    if (!interface_call(SIOCGIFHWADDR, &call, "read the MAC address"))
        return;
    for (int i = 0; i < 6; i++)
        if ((unsigned char)call.ifr_hwaddr.sa_data[i] != want[i]) {
            problem("%s has another MAC address than %s", name, mac);
            return;
        }
    call.ifr_mtu = (int)mtu;
    interface_call(SIOCSIFMTU, &call, "set the MTU");
    if (strcmp(address, "-") != 0) {
        if (!read_address(address, &value, &prefix)) {
            problem("an address that makes no sense: %s", address);
            return;
        }
        set_address(&call, SIOCSIFADDR, value, "set the address");
        set_address(&call, SIOCSIFNETMASK, mask_of(prefix), "set the netmask");
    }
    bring_up(name);
}

// "10.1.0.0/16 10.0.0.254" or "default 10.0.0.254".
static void add_route(char *text) {
    char destination[24], gateway[24], shown[64];
    unsigned prefix = 0, ignored;
    uint32_t to = 0, through;
    snprintf(shown, sizeof shown, "%s", text);
    bool good = sscanf(text, "%23s %23s", destination, gateway) == 2 && read_address(gateway, &through, &ignored);
    if (good && strcmp(destination, "default") != 0)
        good = read_address(destination, &to, &prefix);
    if (!good) {
        problem("a route that makes no sense: %s", shown);
        return;
    }
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    struct sockaddr_in part = {.sin_family = AF_INET, .sin_addr.s_addr = to};
    memcpy(&route.rt_dst, &part, sizeof part);
    part.sin_addr.s_addr = mask_of(prefix);
    memcpy(&route.rt_genmask, &part, sizeof part);
    part.sin_addr.s_addr = through;
    memcpy(&route.rt_gateway, &part, sizeof part);
    if (ioctl(link_socket, SIOCADDRT, &route) < 0)
        problem("cannot add the route %s: %s", shown, strerror(errno));
}

// --- the plan ---------------------------------------------------------------------------------------------------

static char *text_of(const char *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (text == NULL)
        give_up("no memory for the plan");
    memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

static void add_command(const char *bytes, size_t length) {
    enum { head = 4 + 8 + 8 + 8 + 3 };
    if (length < head)
        return;
    struct command *more = realloc(commands, (command_count + 1) * sizeof *commands);
    if (more == NULL)
        give_up("no memory for the plan");
    commands = more;
    struct command *command = &commands[command_count++];
    memset(command, 0, sizeof *command);
    memcpy(&command->index, bytes, 4);
    memcpy(&command->at, bytes + 4, 8);
    memcpy(&command->every, bytes + 12, 8);
    memcpy(&command->until, bytes + 20, 8);
    command->background = bytes[28] & 1;
    command->in_sequence = bytes[28] & 2;
    command->until_it_passes = bytes[28] & 4;
    command->stop_signal = (uint8_t)bytes[29];
    command->pass_status = (uint8_t)bytes[30];
    command->text = text_of(bytes + head, length - head);
    command->output = -1;
}

static void take_record(enum record kind, const char *bytes, size_t length) {
    char *text = text_of(bytes, length);
    char *equals;
    uint32_t mode, path_length;
    switch (kind) {
    case is_host_name:
        sethostname(text, length);
        setenv("HOSTNAME", text, 1);
        text[length] = '\n';
        write_file((char[]){"/etc/hostname"}, text, length + 1, 0644);
        text[length] = 0;
        break;
    case is_hosts:
        write_file((char[]){"/etc/hosts"}, text, length, 0644);
        break;
    case is_environment:
        equals = strchr(text, '=');
        if (equals != NULL) {
            *equals = 0;
            setenv(text, equals + 1, 1);
        }
        break;
    case is_interface:
        set_interface(text);
        break;
    case is_route:
        add_route(text);
        break;
    case is_forward:
        write_file((char[]){"/proc/sys/net/ipv4/ip_forward"}, "1", 1, 0644);
        break;
    case is_file:
        if (length < 8)
            break;
        memcpy(&mode, bytes, 4);
        memcpy(&path_length, bytes + 4, 4);
        if (path_length <= length - 8) {
            char *path = text_of(bytes + 8, path_length);
            write_file(path, bytes + 8 + path_length, length - 8 - path_length, mode);
            free(path);
        }
        break;
    case is_command:
        add_command(bytes, length);
        break;
    }
    free(text);
}

static void take_plan(const char *payload, size_t length) {
    size_t used = 0;
    while (length - used >= 5) {
        uint32_t size;
        memcpy(&size, payload + used + 1, 4);
        if (size > length - used - 5)
            give_up("the plan ends inside a record");
        take_record((enum record)payload[used], payload + used + 5, size);
        used += 5 + size;
    }
    say(say_ready, "", 0, "", 0);
}

// --- commands ---------------------------------------------------------------------------------------------------

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void become(struct command *command, int output) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(output, 1);
    dup2(output, 2);
    if (null > 2)
        close(null);
    if (chdir("/root") < 0)
        (void)!chdir("/");
    execl("/bin/sh", "sh", "-c", command->text, (char *)NULL);
    dprintf(2, "init: cannot execute /bin/sh: %s\n", strerror(errno));
    _exit(127);
}

static void start(struct command *command) {
    int pipes[2];
    command->started = true;
    // What a former run has left behind may still hold it open; it is not listened to any more.
    if (command->output >= 0)
        close(command->output);
    command->output = -1;
    if (pipe2(pipes, O_CLOEXEC) < 0 || (command->process = fork()) < 0) {
        problem("cannot start command %u: %s", command->index + 1, strerror(errno));
        command->ended = true;
        return;
    }
    if (command->process == 0)
        become(command, pipes[1]);
    close(pipes[1]);
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    command->output = pipes[0];
    uint32_t head[2] = {command->index, (uint32_t)command->process};
    say(say_started, head, sizeof head, "", 0);
}

static bool runs(const struct command *command) { return command->started && !command->ended; }

// Starts a command whose time has come, unless it still runs, and sets its next time.
static void start_at_its_time(struct command *command, uint64_t now) {
    if (!runs(command)) {
        command->ended = false;
        start(command);
    }
    uint64_t due = command->at;
    command->at = never_ns;
    if (command->every > 0)
        command->at = due + ((now - due) / command->every + 1) * command->every;
    if (command->at >= command->until)
        command->at = never_ns;
}

// Starts what is due: commands with a time whose time has come, and the next of the sequence.
static void start_what_is_due(void) {
    if (!going || stopping)
        return;
    uint64_t now = now_ns(), next = never_ns;
    for (size_t i = 0; i < command_count; i++) {
        struct command *command = &commands[i];
        if (command->at <= now)
            start_at_its_time(command, now);
        if (command->at < next)
            next = command->at;
    }
    while (next_in_sequence < command_count) {
        struct command *command = &commands[next_in_sequence];
        if (command->in_sequence) {
            if (!command->started)
                start(command);
            if (!command->background && !command->ended)
                break;
        }
        next_in_sequence++;
    }
    struct itimerspec when = {0};
    if (next != never_ns) {
        when.it_value.tv_sec = (time_t)(next / 1000000000u);
        when.it_value.tv_nsec = (long)(next % 1000000000u);
    }
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

// Forwards what a command has written: all of it, or as much as one call gives. Each call costs a guest some 20 us.
static void forward_output(struct command *command, bool all) {
    char bytes[output_limit];
    while (command->output >= 0) {
        ssize_t count = read(command->output, bytes, sizeof bytes);
        if (count > 0) {
            say(say_output, &command->index, 4, bytes, (size_t)count);
            if (!all)
                return;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else if (count < 0 && errno == EAGAIN) {
            return;
        } else {
            close(command->output);
            command->output = -1;
        }
    }
}

static void reap(void) {
    int status;
    pid_t process;
    while ((process = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < command_count; i++) {
            struct command *command = &commands[i];
            if (!runs(command) || command->process != process)
                continue;
            forward_output(command, true);
            command->ended = true;
            struct __attribute__((packed)) {
                uint32_t index;
                int32_t status;
                uint8_t signal;
            } head = {command->index, 0, 0};
            if (WIFSIGNALED(status)) {
                head.signal = (uint8_t)WTERMSIG(status);
                head.status = 128 + head.signal;
            } else {
                head.status = WEXITSTATUS(status);
            }
            if (command->until_it_passes && head.status == command->pass_status)
                command->at = never_ns;
            say(say_ended, &head, sizeof head, "", 0);
        }
    start_what_is_due();
}

// --- what is to come --------------------------------------------------------------------------------------------

// A timer further away than this (a century) is one for ever: `sleep infinity`.
static const uint64_t for_ever_ns = 3155760000000000000u;

// Timers of the kernel's own housekeeping: they make no program go on.
static bool is_housekeeping(const char *function) {
    static const char *const names[] = {
        "tick_nohz_handler", "tick_sched_timer", "dl_task_timer", "inactive_task_timer", "sched_rt_period_timer",
        "sched_cfs_period_timer", "sched_cfs_slack_timer", "hrtick", "watchdog_timer_fn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    return false;
}

// ns until the first timer that could make a program go on; UINT64_MAX: there is none. 0 when nobody can say.
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
        if (!is_housekeeping(function) && left < for_ever_ns && left < next)
            next = left;
    }
    fclose(file);
    return next;
}

// How often a process has gone to sleep or been sent away: the same number again when it has not run between.
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

// "sleep infinity (process 37)" of a process, when it is a program's; whether it could run at once.
static bool describe(int process, char *text, size_t room, bool *is_program) {
    char path[64], stat[512] = "", words[81] = "";
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
    size_t count = file ? fread(words, 1, sizeof words - 1, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 0; i < count; i++)
        if ((unsigned char)words[i] < ' ')
            words[i] = ' ';
    while (count > 0 && words[count - 1] == ' ')
        words[--count] = 0;
    snprintf(text, room, "%.96s (process %d)", count > 0 ? words : name + 1, process);
    return state == 'R' || state == 'D';
}

// Says whether anything here could happen by itself: how many programs can run now, when the first of their timers is due, how
// often they have run, and who they are.
static void look(void) {
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
    say(say_outlook, &head, sizeof head, text, used);
}

// --- the loop ---------------------------------------------------------------------------------------------------

static bool anything_runs(void) {
    for (size_t i = 0; i < command_count; i++)
        if (runs(&commands[i]))
            return true;
    return false;
}

static void signal_commands(bool kill_them) {
    for (size_t i = 0; i < command_count; i++)
        if (runs(&commands[i]))
            kill(-commands[i].process, kill_them ? SIGKILL : commands[i].stop_signal);
}

static void begin_shutdown(void) {
    if (stopping)
        return;
    stopping = true;
    signal_commands(false);
    uint64_t limit = now_ns() + grace_ns;
    struct itimerspec when = {.it_value = {(time_t)(limit / 1000000000u), (long)(limit % 1000000000u)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void on_timer(void) {
    uint64_t count;
    (void)!read(timer, &count, sizeof count);
    if (stopping)
        signal_commands(true);
    else
        start_what_is_due();
}

// A check begins, and goes on at its intervals.
static void begin(uint32_t index) {
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].index == index)
            commands[i].at = now_ns();
    start_what_is_due();
}

// The wall clock steps by ns, and goes fast by parts per billion from now on.
static void set_clock(int64_t step_ns, int64_t drift_ppb) {
    // A tick of the kernel's clock is 10,000 us long; one more is 100 ppm. The rest is in 2^-16 ppm (adjtimex(2)).
    int64_t ticks = drift_ppb / 100000;
    struct timex rate = {
        .modes = ADJ_TICK | ADJ_FREQUENCY,
        .tick = 10000 + ticks,
        .freq = (drift_ppb - ticks * 100000) * 65536 / 1000,
    };
    if (clock_adjtime(CLOCK_REALTIME, &rate) < 0)
        problem("cannot let the clock drift by %lld ppb: %s", (long long)drift_ppb, strerror(errno));
    if (step_ns == 0)
        return;
    int64_t seconds = step_ns / 1000000000, rest = step_ns % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    struct timex step = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_sec = seconds, .tv_usec = rest}};
    if (clock_adjtime(CLOCK_REALTIME, &step) < 0)
        problem("cannot step the clock by %lld ns: %s", (long long)step_ns, strerror(errno));
}

static void take_frame(enum from_host type, const char *payload, size_t length) {
    uint32_t index;
    int64_t clock[2];
    switch (type) {
    case hear_plan: take_plan(payload, length); break;
    case hear_go:
        going = true;
        start_what_is_due();
        break;
    case hear_shutdown: begin_shutdown(); break;
    case hear_begin:
        if (length < sizeof index)
            break;
        memcpy(&index, payload, sizeof index);
        begin(index);
        break;
    case hear_clock:
        if (length < sizeof clock)
            break;
        memcpy(clock, payload, sizeof clock);
        set_clock(clock[0], clock[1]);
        break;
    case hear_look: look(); break;
    }
}

// Reads what is there and handles complete frames.
static void hear(void) {
    static char *bytes;
    static size_t used, room;
    for (;;) {
        if (room - used < 4096) {
            room = room * 2 + 8192;
            bytes = realloc(bytes, room);
            if (bytes == NULL)
                give_up("no memory for what almanac says");
        }
        ssize_t count = read(control, bytes + used, room - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        used += (size_t)count;
    }
    size_t done = 0;
    while (used - done >= 5) {
        uint32_t length;
        memcpy(&length, bytes + done, 4);
        if (length > payload_limit)
            give_up("almanac sends a frame of %u bytes", length);
        if (used - done - 5 < length)
            break;
        take_frame((enum from_host)bytes[done + 4], bytes + done + 5, length);
        done += 5 + length;
    }
    memmove(bytes, bytes + done, used - done);
    used -= done;
}

static void open_control(void) {
    control = open("/dev/hvc0", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (control < 0) {
        dprintf(2, "init: the control device /dev/hvc0 cannot be opened: %s\n", strerror(errno));
        power_off();
    }
    struct termios settings;
    tcgetattr(control, &settings);
    cfmakeraw(&settings);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    tcsetattr(control, TCSANOW, &settings);
}

static void run(int signals) {
    struct pollfd *ready = NULL;
    for (;;) {
        if (stopping && !anything_runs())
            return;
        ready = realloc(ready, (3 + command_count) * sizeof *ready);
        if (ready == NULL)
            give_up("no memory to wait");
        ready[0] = (struct pollfd){.fd = control, .events = POLLIN};
        ready[1] = (struct pollfd){.fd = signals, .events = POLLIN};
        ready[2] = (struct pollfd){.fd = timer, .events = POLLIN};
        size_t watched = command_count;
        for (size_t i = 0; i < watched; i++)
            ready[3 + i] = (struct pollfd){.fd = commands[i].output, .events = POLLIN};
        if (poll(ready, 3 + watched, -1) < 0 && errno != EINTR)
            give_up("cannot wait: %s", strerror(errno));
        for (size_t i = 0; i < watched; i++)
            if (ready[3 + i].revents)
                forward_output(&commands[i], false);
        if (ready[1].revents) {
            struct signalfd_siginfo info;
            while (read(signals, &info, sizeof info) == sizeof info)
                ;
            reap();
        }
        if (ready[2].revents)
            on_timer();
        if (ready[0].revents)
            hear();
    }
}

int main(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    signal(SIGPIPE, SIG_IGN);
    make_root_writable();
    open_control();
    int signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    link_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (signals < 0 || timer < 0 || link_socket < 0)
        give_up("this kernel lacks signalfd, timerfd or IPv4: %s", strerror(errno));
    clearenv();
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv("HOME", "/root", 1);
    setenv("USER", "root", 1);
    setenv("LANG", "C.UTF-8", 1);
    setenv("TERM", "dumb", 1);
    bring_up("lo");
    uint32_t version = protocol_version;
    say(say_hello, &version, sizeof version, "", 0);
    run(signals);
    // What the commands left behind.
    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    for (size_t i = 0; i < command_count; i++)
        forward_output(&commands[i], true);
    leave_disk();
    say(say_bye, "", 0, "", 0);
    power_off();
}
