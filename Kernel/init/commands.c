// Commands and checks: when each starts, its output, its end.
#include "init.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

// Simulated time between a command's stop signal and SIGKILL.
static const uint64_t grace_ns = 5000000000u;

// `at` of a command that has no next start.
static const uint64_t never_ns = UINT64_MAX;

struct command {
    uint32_t index;
    uint64_t at;    // next start, ns of this machine's clock, or never_ns
    uint64_t every; // from start to start, ns; 0: it starts once
    uint64_t until; // no start at this time or later
    bool in_sequence, background;
    bool until_it_passes; // no start after it has ended with pass_status
    uint8_t pass_status, stop_signal;
    char *text;
    pid_t process;
    int output;
    bool started, ended;
};

static struct command *commands;
static size_t command_count;
static size_t next_in_sequence;
static bool may_start, stopping;
static int timer = -1;

void open_timer(void) {
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer < 0)
        fail("this kernel lacks timerfd: %s", strerror(errno));
}

char *text_of(const char *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (text == NULL)
        fail("no memory for the plan");
    memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

// A command without text, which never starts by itself.
static struct command *new_command(void) {
    struct command *more = realloc(commands, (command_count + 1) * sizeof *commands);
    if (more == NULL)
        fail("no memory for the plan");
    commands = more;
    struct command *command = &commands[command_count++];
    memset(command, 0, sizeof *command);
    command->at = command->until = never_ns;
    command->output = -1;
    return command;
}

void add_command(const char *bytes, size_t length) {
    enum { head = 4 + 8 + 8 + 8 + 3 };
    if (length < head)
        return;
    struct command *command = new_command();
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
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void exec_command(struct command *command, int output) {
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
    // Processes left by an earlier run may still hold the pipe open; their output is ignored.
    if (command->output >= 0)
        close(command->output);
    command->output = -1;
    if (pipe2(pipes, O_CLOEXEC) < 0 || (command->process = fork()) < 0) {
        report_problem("cannot start command %u: %s", command->index + 1, strerror(errno));
        command->ended = true;
        return;
    }
    if (command->process == 0)
        exec_command(command, pipes[1]);
    close(pipes[1]);
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    command->output = pipes[0];
    uint32_t head[2] = {command->index, (uint32_t)command->process};
    send_message(message_started, head, sizeof head, "", 0);
}

static bool is_running(const struct command *command) { return command->started && !command->ended; }

// Starts a command that is due, unless it still runs, and sets its next start.
static void start_at_its_time(struct command *command, uint64_t now) {
    if (!is_running(command)) {
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

// Starts the commands that are due: those with a time, and the next of the sequence.
static void start_due_commands(void) {
    if (!may_start || stopping)
        return;
    uint64_t now = now_ns(), next = never_ns;
    // Reading the clock may end the machine's turn: a request to shut down that came meanwhile is first.
    receive_requests();
    if (stopping)
        return;
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

// Forwards a command's output: all of it, or as much as one read returns. A read costs a guest some 20 us.
static void forward_output(struct command *command, bool all) {
    char bytes[output_limit];
    while (command->output >= 0) {
        ssize_t count = read(command->output, bytes, sizeof bytes);
        if (count > 0) {
            send_message(message_output, &command->index, 4, bytes, (size_t)count);
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

void reap_children(void) {
    int status;
    pid_t process;
    // What a process and its own children used: the children for which it has waited.
    struct rusage used;
    while ((process = wait4(-1, &status, WNOHANG, &used)) > 0)
        for (size_t i = 0; i < command_count; i++) {
            struct command *command = &commands[i];
            if (!is_running(command) || command->process != process)
                continue;
            forward_output(command, true);
            command->ended = true;
            struct __attribute__((packed)) {
                uint32_t index;
                int32_t status;
                uint64_t sleeps;
                uint8_t signal;
            } head = {command->index, 0, (uint64_t)used.ru_nvcsw, 0};
            if (WIFSIGNALED(status)) {
                head.signal = (uint8_t)WTERMSIG(status);
                head.status = 128 + head.signal;
            } else {
                head.status = WEXITSTATUS(status);
            }
            if (command->until_it_passes && head.status == command->pass_status)
                command->at = never_ns;
            send_message(message_ended, &head, sizeof head, "", 0);
        }
    start_due_commands();
}

static bool any_command_runs(void) {
    for (size_t i = 0; i < command_count; i++)
        if (is_running(&commands[i]))
            return true;
    return false;
}

static void signal_commands(bool kill_them) {
    for (size_t i = 0; i < command_count; i++)
        if (is_running(&commands[i]))
            kill(-commands[i].process, kill_them ? SIGKILL : commands[i].stop_signal);
}

void stop_commands(void) {
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
        start_due_commands();
}

void begin_check(uint32_t index) {
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].index == index)
            commands[i].at = now_ns();
    start_due_commands();
}

void execute_command(uint32_t index, const char *text, size_t length) {
    struct command *command = new_command();
    command->index = index;
    command->stop_signal = SIGTERM;
    command->text = text_of(text, length);
    if (!stopping)
        start(command);
}

void allow_commands(void) {
    may_start = true;
    start_due_commands();
}

void forward_rest_of_output(void) {
    for (size_t i = 0; i < command_count; i++)
        forward_output(&commands[i], true);
}

void run_commands(int signals) {
    struct pollfd *ready = NULL;
    for (;;) {
        if (stopping && !any_command_runs())
            return;
        ready = realloc(ready, (3 + command_count) * sizeof *ready);
        if (ready == NULL)
            fail("no memory to wait");
        ready[0] = (struct pollfd){.fd = control_device(), .events = POLLIN};
        ready[1] = (struct pollfd){.fd = signals, .events = POLLIN};
        ready[2] = (struct pollfd){.fd = timer, .events = POLLIN};
        size_t watched = command_count;
        for (size_t i = 0; i < watched; i++)
            ready[3 + i] = (struct pollfd){.fd = commands[i].output, .events = POLLIN};
        if (poll(ready, 3 + watched, -1) < 0 && errno != EINTR)
            fail("cannot wait: %s", strerror(errno));
        for (size_t i = 0; i < watched; i++)
            if (ready[3 + i].revents)
                forward_output(&commands[i], false);
        // Before commands that have ended: after a request to shut down no other begins.
        if (ready[0].revents)
            receive_requests();
        if (ready[1].revents) {
            struct signalfd_siginfo info;
            while (read(signals, &info, sizeof info) == sizeof info)
                ;
            reap_children();
        }
        if (ready[2].revents)
            on_timer();
    }
}
