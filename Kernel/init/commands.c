// Commands and checks: when each starts, its output, its end.
#include "commands.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

// Simulated time between a command's stop signal and SIGKILL.
static uint64_t grace_ns = 5000000000u;

void set_grace(const char *nanoseconds) { grace_ns = strtoull(nanoseconds, NULL, 10); }

// `at` of a command that has no next start.
static const uint64_t never_ns = UINT64_MAX;

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

struct command *new_command(void) {
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

static const char *working_folder = "/root";

void set_working_folder(const char *path) {
    char *copy = text_of(path, strlen(path));
    make_folders(copy);
    working_folder = copy;
}

// The words of a command: its text up to `end`, in which each ends in NUL. The last one ends there.
static char **words_of(char *text, const char *end) {
    size_t count = 1;
    for (const char *next = text; next < end; next++)
        count += *next == 0;
    char **words = calloc(count + 1, sizeof *words);
    if (words == NULL)
        fail("no memory for the plan");
    for (size_t i = 0; i < count; i++) {
        words[i] = text;
        text += strlen(text) + 1;
    }
    return words;
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
    if (bytes[28] & 8)
        command->words = words_of(command->text, command->text + (length - head));
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void exec_program(const struct command *command) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (chdir(working_folder) < 0)
        (void)!chdir("/");
    // Who looks at a machine is root.
    if (command->look == NULL)
        become_user();
    if (command->words != NULL)
        execvp(command->words[0], command->words);
    else
        execl("/bin/sh", "sh", "-c", command->text, (char *)NULL);
    dprintf(2, "init: cannot execute %s: %s\n", command->words ? command->words[0] : "/bin/sh", strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static void exec_command(const struct command *command, int output) {
    setsid();
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(output, 1);
    dup2(output, 2);
    if (null > 2)
        close(null);
    exec_program(command);
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

// A read costs a guest some 20 us.
void forward(int *file, enum message type, uint32_t index, bool all) {
    char bytes[output_limit];
    while (*file >= 0) {
        ssize_t count = read(*file, bytes, sizeof bytes);
        if (count > 0) {
            send_message(type, &index, sizeof index, bytes, (size_t)count);
            if (!all)
                return;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else if (count < 0 && errno == EAGAIN) {
            return;
        } else {
            close(*file);
            *file = -1;
        }
    }
}

static void forward_output(struct command *command, bool all) {
    forward(&command->output, message_output, command->index, all);
}

void send_ended(const struct command *command, int32_t status, uint64_t sleeps, uint8_t signal) {
    struct __attribute__((packed)) {
        uint32_t index;
        int32_t status;
        uint64_t sleeps;
        uint8_t signal;
    } head = {command->index, status, sleeps, signal};
    send_message(message_ended, &head, sizeof head, "", 0);
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
            if (command->look != NULL)
                close_look(command);
            command->ended = true;
            uint8_t signal = WIFSIGNALED(status) ? (uint8_t)WTERMSIG(status) : 0;
            int32_t code = signal ? 128 + signal : WEXITSTATUS(status);
            if (command->until_it_passes && code == command->pass_status)
                command->at = never_ns;
            send_ended(command, code, (uint64_t)used.ru_nvcsw, signal);
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

void kill_command(uint32_t index) {
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].index == index && is_running(&commands[i]))
            kill(-commands[i].process, SIGKILL);
}

void begin_command(uint32_t index) {
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].index == index)
            commands[i].at = now_ns();
    start_due_commands();
}

struct command *look_numbered(const char *payload, size_t length) {
    uint32_t index;
    if (length < sizeof index)
        return NULL;
    memcpy(&index, payload, sizeof index);
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].index == index && commands[i].look != NULL)
            return is_running(&commands[i]) ? &commands[i] : NULL;
    return NULL;
}

bool is_stopping(void) { return stopping; }

void allow_commands(void) {
    may_start = true;
    start_due_commands();
}

void forward_rest_of_output(void) {
    for (size_t i = 0; i < command_count; i++)
        forward_output(&commands[i], true);
}

// What of a look is ready beside its output.
static void serve_look(struct command *command, const struct pollfd *errors, const struct pollfd *input) {
    if (errors->revents)
        forward(&command->look->errors, message_errors, command->index, false);
    if (input->revents)
        give_waiting_input(command);
}

void run_commands(int signals) {
    struct pollfd *ready = NULL;
    for (;;) {
        if (stopping && !any_command_runs())
            return;
        size_t watched = command_count;
        ready = realloc(ready, (3 + 3 * watched) * sizeof *ready);
        if (ready == NULL)
            fail("no memory to wait");
        ready[0] = (struct pollfd){.fd = control_device(), .events = POLLIN};
        ready[1] = (struct pollfd){.fd = signals, .events = POLLIN};
        ready[2] = (struct pollfd){.fd = timer, .events = POLLIN};
        struct pollfd *outputs = ready + 3, *errors = outputs + watched, *inputs = errors + watched;
        size_t count = 3 + watched;
        for (size_t i = 0; i < watched; i++) {
            const struct look *look = commands[i].look;
            outputs[i] = (struct pollfd){.fd = commands[i].output, .events = POLLIN};
            errors[i] = (struct pollfd){.fd = look ? look->errors : -1, .events = POLLIN};
            inputs[i] = (struct pollfd){.fd = look && look->waiting_length > 0 ? look->input : -1, .events = POLLOUT};
            if (look)
                count = 3 + 3 * watched;
        }
        if (poll(ready, count, -1) < 0 && errno != EINTR)
            fail("cannot wait: %s", strerror(errno));
        for (size_t i = 0; i < watched; i++) {
            if (outputs[i].revents)
                forward_output(&commands[i], false);
            if (commands[i].look)
                serve_look(&commands[i], &errors[i], &inputs[i]);
        }
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
