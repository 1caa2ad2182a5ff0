// The init of a lab's machine: makes the host's read-only root writable, carries out the requests that almanac sends over the
// control device, runs the commands, reports what they do, powers off.
//
// Everything happens at simulated instants, so nothing here polls or ticks. The other end of the protocol is
// Sources/Lab/Control/ControlMessage.swift: frames of u32 length, u8 type, payload, little-endian, in both directions.
#ifndef ALMANAC_INIT_H
#define ALMANAC_INIT_H

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { protocol_version = 8, output_limit = 4096, payload_limit = 64 * 1024 * 1024 };

// From this init to almanac.
enum message {
    message_hello = 1, message_ready, message_started, message_output, message_ended, message_bye, message_problem,
    message_outlook, message_stored, message_errors, message_need, message_artifact, message_taken
};

// From almanac to this init.
enum request {
    request_plan = 1, request_go, request_shutdown, request_begin, request_clock, request_look, request_file, request_execute,
    request_input, request_resize, request_hang_up, request_need, request_kill, request_artifacts = 15
};

// control.c: the control device.
void open_control(void);
int control_device(void);
void send_message(enum message type, const void *head, size_t head_length, const void *body, size_t body_length);
void receive_requests(void);
// False when not all bytes could be written; errno says why.
bool write_all(int file, const void *bytes, size_t length);
__attribute__((format(printf, 1, 2))) void report_problem(const char *format, ...);
// Reports the problem and powers off.
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);
__attribute__((noreturn)) void power_off(void);

// root.c: the file system.
void make_root_writable(void);
// Whether the machine has a root of its own instead of the host's.
bool has_own_root(void);
void write_file(char *path, const void *bytes, size_t length, mode_t mode);
// Shows a folder of the host at a path; what is written there stays in the machine.
void mount_folder(const char *host, char *path);
// Mounts an empty folder in memory at a path.
void mount_memory(const char *options, char *path);
// Makes a folder and those above it.
void make_folders(char *path);
// A piece of a file: the first one makes it, the others are appended.
void store_piece(char *path, const void *bytes, size_t length, mode_t mode, bool is_first);
// Stops writing to the disk: a write would fail while the kernel powers off.
void leave_disk(void);

// cpuinfo.c: what programs see of the processor.
void hide_host_processor(void);

// network.c: interfaces and routes.
void open_link_socket(void);
void bring_up(const char *name);
void set_interface(char *text);
void add_route(char *text);

// plan.c: what almanac tells a machine about itself.
void apply_plan(const char *payload, size_t length);

// commands.c: commands and checks.
void open_timer(void);
void add_command(const char *bytes, size_t length);
// How long commands have after their stop signal, ns as text.
void set_grace(const char *nanoseconds);
// A limit of what commands may use, by its name as in limits.conf(5), and its value; "unlimited" for none.
void set_limit(const char *name, char *values);
// Where commands start. The folder is made if it is missing.
void set_working_folder(const char *path);
// A copy that ends in NUL.
char *text_of(const char *bytes, size_t length);
void allow_commands(void);
// A command begins again; or a check, which is repeated at its interval.
void begin_command(uint32_t index);
// Kills what a command has started, if it runs.
void kill_command(uint32_t index);
void stop_commands(void);
void reap_children(void);
void forward_rest_of_output(void);
// Waits for requests, output, ends of children and the timer; returns when the machine may power off.
void run_commands(int signals);

// looks.c: programs for somebody who looks at the machine.
// Starts a program: u32 its number, u8 whether it has input and a terminal, u16 rows, u16 columns, text.
void start_look(const char *payload, size_t length);
void give_input(const char *payload, size_t length);
void resize_terminal(const char *payload, size_t length);
void hang_up(const char *payload, size_t length);
void report_need(const char *payload, size_t length);

// waits.c: what the processes of this machine wait for.
// What a program needs so that it goes on.
enum need { need_nothing, need_time, need_person };
// What the processes of a group need whose input is this file.
enum need need_of_group(pid_t group, dev_t device, ino_t file);
// A process, or a thread of it: "futex", "read of fd 3 (socket:[12])".
void describe_wait(const char *task, char *text, size_t room);

// processes.c: prints the processes of this machine: `init processes`.
int list_processes(void);

// artifacts.c: files that almanac copies before the machine powers off.
// Takes the request for them.
void note_artifacts(const char *payload, size_t length);
// Sends them, if there was a request.
void send_artifacts(void);

// accounts.c: users and groups.
// The user as whom commands run: NAME or a number, and perhaps :GROUP.
void set_user(char *text);
// Becomes that user.
void become_user(void);
// Makes /etc/shadow and /etc/gshadow in the folder of what is written to the root.
void make_accounts(const char *upper);

// clock.c: faults of the wall clock.
// Steps the wall clock by ns.
void step_clock(int64_t step_ns);

// outlook.c: whether anything in this machine can still happen by itself.
void report_outlook(void);

#endif
