// Looks: programs that somebody starts from outside, with input, or with a terminal.
#include "commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { flag_input = 1, flag_terminal = 2 };

// A pair of files: what the program has, and what stays here. False: errno says why not.
static bool make_pipe(int *theirs, int *ours, bool they_write) {
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) < 0)
        return false;
    *theirs = pair[they_write ? 1 : 0];
    *ours = pair[they_write ? 0 : 1];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    return true;
}

static bool make_terminal(int *theirs, int *ours, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    *ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (*ours < 0 || grantpt(*ours) < 0 || unlockpt(*ours) < 0)
        return false;
    char name[64];
    if (ptsname_r(*ours, name, sizeof name) != 0)
        return false;
    *theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*theirs < 0)
        return false;
    ioctl(*ours, TIOCSWINSZ, &size);
    return true;
}

static void close_if_open(int *file) {
    if (*file >= 0)
        close(*file);
    *file = -1;
}

static void exec_look(const struct command *command, int input, int output, int errors) {
    setsid();
    if (command->look->has_terminal)
        ioctl(input, TIOCSCTTY, 0);
    dup2(input, 0);
    dup2(output, 1);
    dup2(errors, 2);
    exec_program(command);
}

// Opens the files of a look and starts its program; errno says why not.
static bool start_program(struct command *command, uint8_t flags, uint16_t rows, uint16_t columns) {
    struct look *look = command->look;
    int input = -1, output = -1, errors = -1;
    bool is_open;
    if (look->has_terminal) {
        is_open = make_terminal(&input, &look->input, rows, columns);
        // Each can be closed by itself.
        output = is_open ? fcntl(input, F_DUPFD_CLOEXEC, 3) : -1;
        errors = is_open ? fcntl(input, F_DUPFD_CLOEXEC, 3) : -1;
        command->output = is_open ? fcntl(look->input, F_DUPFD_CLOEXEC, 3) : -1;
        is_open = is_open && command->output >= 0;
    } else {
        if (flags & flag_input)
            is_open = make_pipe(&input, &look->input, false);
        else
            is_open = (input = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;
        is_open = is_open && make_pipe(&output, &command->output, true) && make_pipe(&errors, &look->errors, true);
    }
    struct stat status;
    if (is_open && fstat(input, &status) == 0) {
        look->device = look->has_terminal ? status.st_rdev : status.st_dev;
        look->file = status.st_ino;
    }
    pid_t process = is_open ? fork() : -1;
    if (process == 0)
        exec_look(command, input, output, errors);
    int reason = errno;
    close_if_open(&input);
    close_if_open(&output);
    close_if_open(&errors);
    if (process < 0) {
        close_if_open(&command->output);
        close_if_open(&look->input);
        close_if_open(&look->errors);
        errno = reason;
        return false;
    }
    command->process = process;
    return true;
}

void start_look(const char *payload, size_t length) {
    enum { head = 4 + 1 + 2 + 2 };
    if (length < head || is_stopping())
        return;
    struct command *command = new_command();
    struct look *look = calloc(1, sizeof *look);
    if (look == NULL)
        fail("no memory for a look");
    uint16_t rows, columns;
    memcpy(&command->index, payload, 4);
    uint8_t flags = (uint8_t)payload[4];
    memcpy(&rows, payload + 5, 2);
    memcpy(&columns, payload + 7, 2);
    command->text = text_of(payload + head, length - head);
    command->stop_signal = SIGHUP;
    command->look = look;
    command->started = true;
    look->errors = look->input = -1;
    look->has_terminal = flags & flag_terminal;
    if (!start_program(command, flags, rows, columns)) {
        command->ended = true;
        char text[128];
        int used = snprintf(text, sizeof text, "init: cannot start this: %s\n", strerror(errno));
        send_message(message_errors, &command->index, 4, text, (size_t)used);
        send_ended(command, 126, 0, 0);
        return;
    }
    uint32_t started[2] = {command->index, (uint32_t)command->process};
    send_message(message_started, started, sizeof started, "", 0);
}

void give_waiting_input(struct command *command) {
    struct look *look = command->look;
    uint32_t taken = 0;
    while (look->input >= 0 && taken < look->waiting_length) {
        ssize_t count = write(look->input, look->waiting + taken, look->waiting_length - taken);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            break;
        if (count <= 0) {
            // Nobody reads it any more.
            taken = (uint32_t)look->waiting_length;
            close_if_open(&look->input);
            break;
        }
        taken += (uint32_t)count;
    }
    if (look->input < 0)
        taken = (uint32_t)look->waiting_length;
    memmove(look->waiting, look->waiting + taken, look->waiting_length - taken);
    look->waiting_length -= taken;
    if (look->input_ends && look->waiting_length == 0)
        close_if_open(&look->input);
    uint32_t head[2] = {command->index, taken};
    if (taken > 0)
        send_message(message_taken, head, sizeof head, "", 0);
}

void give_input(const char *payload, size_t length) {
    struct command *command = look_numbered(payload, length);
    if (command == NULL)
        return;
    struct look *look = command->look;
    if (length == 4) {
        look->input_ends = !look->has_terminal;
    } else {
        char *more = realloc(look->waiting, look->waiting_length + length - 4);
        if (more == NULL)
            fail("no memory for the input of a look");
        look->waiting = more;
        memcpy(more + look->waiting_length, payload + 4, length - 4);
        look->waiting_length += length - 4;
    }
    give_waiting_input(command);
}

void resize_terminal(const char *payload, size_t length) {
    const struct command *command = look_numbered(payload, length);
    if (command == NULL || length < 8 || !command->look->has_terminal)
        return;
    struct winsize size = {0};
    memcpy(&size.ws_row, payload + 4, 2);
    memcpy(&size.ws_col, payload + 6, 2);
    ioctl(command->look->input, TIOCSWINSZ, &size);
}

void hang_up(const char *payload, size_t length) {
    struct command *command = look_numbered(payload, length);
    if (command == NULL)
        return;
    close_if_open(&command->look->input);
    if (command->look->has_terminal)
        close_if_open(&command->output);
    kill(-command->process, SIGHUP);
    kill(-command->process, SIGCONT);
}

void close_look(struct command *command) {
    forward(&command->look->errors, message_errors, command->index, true);
    close_if_open(&command->look->input);
    free(command->look->waiting);
    command->look->waiting = NULL;
    command->look->waiting_length = 0;
    // Programs that it left on its terminal get SIGHUP.
    if (command->look->has_terminal)
        close_if_open(&command->output);
}

void report_need(const char *payload, size_t length) {
    const struct command *command = look_numbered(payload, length);
    struct __attribute__((packed)) {
        uint32_t index;
        uint8_t need;
    } head = {0, need_nothing};
    if (length < 4)
        return;
    memcpy(&head.index, payload, 4);
    if (command != NULL) {
        const struct look *look = command->look;
        pid_t group = look->has_terminal ? tcgetpgrp(look->input) : command->process;
        head.need = (uint8_t)need_of_group(group, look->device, look->has_terminal ? 0 : look->file);
    }
    send_message(message_need, &head, sizeof head, "", 0);
}
