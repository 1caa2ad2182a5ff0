#define _GNU_SOURCE
#include "CClients.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { op_ack, op_start, op_request, op_wait, op_get, op_update, op_run, op_free_until };

struct message {
    uint32_t op, seq;
    uint64_t time;
};

// The shared scheduling memory, version 2 (include/uapi/linux/um_timetravel.h of 6.12).
struct slot {
    uint32_t capabilities, flags;
    uint64_t request, name;
    uint8_t rest[104];
};
struct memory {
    uint32_t version, length;
    uint64_t free_until, current_time;
    uint16_t running, clients;
    uint8_t rest[4068];
    struct slot slots[];
};

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

pid_t clients_fork(void) { return fork(); }

void clients_use_core(int core) {
    if (core < 0)
        return;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    if (sched_setaffinity(0, sizeof only, &only) < 0)
        perror("cannot use the core");
}

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
    _exit(1);
}

void clients_pass_on(int in, int out) {
    struct message message;
    while (read(in, &message, sizeof message) == sizeof message)
        if (write(out, &message, sizeof message) != sizeof message)
            break;
    _exit(0);
}

uint64_t clients_time_ring(int out, int in, uint64_t rounds) {
    struct message message = {0};
    uint64_t begin = now();
    for (uint64_t i = 0; i < rounds; i++) {
        must(write(out, &message, sizeof message) == sizeof message, "write");
        must(read(in, &message, sizeof message) == sizeof message, "read");
    }
    return now() - begin;
}

static int connection;
static uint32_t last_seq;
static struct memory *memory;
static struct slot *mine;

static void send_message(uint32_t op, uint32_t seq, uint64_t time) {
    struct message message = {op, seq, time};
    must(write(connection, &message, sizeof message) == sizeof message, "write");
}

static struct message read_message(void) {
    struct message message;
    must(read(connection, &message, sizeof message) == sizeof message, "read");
    return message;
}

// Says something and handles what comes until it is acknowledged.
static void say(uint32_t op, uint64_t time) {
    send_message(op, ++last_seq, time);
    for (;;) {
        struct message message = read_message();
        if (message.op == op_ack) {
            must(message.seq == last_seq, "an ACK out of order");
            return;
        }
        send_message(op_ack, message.seq, 0);
    }
}

// START, and the memory that comes with its ACK, if any.
static void start(uint64_t identity) {
    struct message message;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec part = {&message, sizeof message};
    struct msghdr head = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
    send_message(op_start, ++last_seq, identity);
    must(recvmsg(connection, &head, 0) == sizeof message && message.op == op_ack, "no ACK of START");
    struct cmsghdr *rider = CMSG_FIRSTHDR(&head);
    if (rider == NULL)
        return;
    int descriptors[2];
    memcpy(descriptors, CMSG_DATA(rider), sizeof descriptors);
    size_t length = sizeof(struct memory) + 2 * sizeof(struct slot);
    memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[0], 0);
    must(memory != MAP_FAILED, "mmap");
    mine = &memory->slots[message.time];
    mine->capabilities = 1;
}

static void ask(uint64_t time) {
    if (memory == NULL)
        return say(op_request, time);
    mine->request = time;
    __atomic_store_n(&mine->flags, 1, __ATOMIC_RELEASE);
}

// Gives the turn up; the time of the next one.
static uint64_t rest(void) {
    if (memory == NULL)
        say(op_wait, UINT64_MAX);
    else
        send_message(op_wait, ++last_seq, UINT64_MAX);
    for (;;) {
        struct message message = read_message();
        if (memory == NULL)
            send_message(op_ack, message.seq, 0);
        if (message.op == op_run) {
            if (memory)
                mine->flags = 0;
            return message.time;
        }
    }
}

uint64_t clients_take_turns(
    const char *path, uint64_t identity, uint64_t step, uint64_t turns, uint64_t warm_up) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    start(identity);
    uint64_t begin = 0, next = identity;
    for (uint64_t turn = 0; turn < turns; turn++) {
        ask(next);
        must(rest() == next, "a turn at another time");
        next += step;
        if (turn + 1 == warm_up)
            begin = now();
    }
    uint64_t end = now();
    // All have their last turn before anybody leaves: leaving is not what is measured.
    ask(step * (turns + 1) + identity);
    rest();
    return end - begin;
}
