// What init knows of a program that it has started. Private to commands.c and looks.c.
#ifndef ALMANAC_COMMANDS_H
#define ALMANAC_COMMANDS_H

#include "init.h"

struct command {
    uint32_t index;
    uint64_t at;    // next start, ns of this machine's clock, or UINT64_MAX
    uint64_t every; // from start to start, ns; 0: it starts once
    uint64_t until; // no start at this time or later
    bool in_sequence, background;
    bool until_it_passes; // no start after it has ended with pass_status
    uint8_t pass_status, stop_signal;
    char *text;   // for the shell; or words, each ending in NUL
    char **words; // the program and its arguments; NULL: the shell executes the text
    pid_t process;
    int output;
    bool started, ended;
    // Of a look only: somebody from outside has started it.
    struct look *look;
};

// The end of a look's program that is here.
struct look {
    int errors; // standard error; -1: it is closed, or the terminal's
    int input;  // standard input, or the terminal; -1: closed
    bool has_terminal, input_ends;
    char *waiting; // input that the program has not taken
    size_t waiting_length;
    dev_t device; // what the program reads
    ino_t file;
};

// A command without text, which never starts by itself.
struct command *new_command(void);
// The look with this number; NULL when there is none, or it has ended.
struct command *look_numbered(const char *payload, size_t length);
// Executes a command in its folder.
__attribute__((noreturn)) void exec_program(const struct command *command);
// Sends what can be read from a file that a program writes: all of it, or as much as one read returns. Closes it at its end.
void forward(int *file, enum message type, uint32_t index, bool all);
// Reports that a command has ended: its exit status, how often it went to sleep, the signal that killed it.
void send_ended(const struct command *command, int32_t status, uint64_t sleeps, uint8_t signal);
// No other command starts.
bool is_stopping(void);

// looks.c
// Gives it what waits for it, as far as it takes it.
void give_waiting_input(struct command *command);
// The program of a look has ended.
void close_look(struct command *command);

#endif
