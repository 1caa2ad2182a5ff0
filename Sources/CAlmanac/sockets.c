#define _GNU_SOURCE
#include "CAlmanac.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

const int calmanac_open_path = O_PATH;

enum { maximum_descriptors = 16 };

ssize_t calmanac_receive(int socket, void *buffer, size_t length, int *descriptors, size_t capacity,
                         size_t *received, bool *truncated) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * maximum_descriptors)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = buffer, .iov_len = length};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    *received = 0;
    *truncated = false;
    if (capacity > maximum_descriptors)
        capacity = maximum_descriptors;
    if (capacity > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * capacity);
    }
    ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count < 0)
        return -1;
    *truncated = (message.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t have = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        // CMSG_SPACE rounds up: one more descriptor than asked for may have come. The caller counts them.
        for (size_t i = 0; i < have && *received < capacity; i++)
            memcpy(&descriptors[(*received)++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
        for (size_t i = capacity; i < have; i++) {
            int extra;
            memcpy(&extra, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            close(extra);
            *truncated = true;
        }
    }
    return count;
}

ssize_t calmanac_send(int socket, const void *buffer, size_t length, const int *descriptors, size_t count) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * maximum_descriptors)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {.iov_base = (void *)buffer, .iov_len = length};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    if (count > maximum_descriptors) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(c), descriptors, sizeof(int) * count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

int calmanac_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static bool peer(int socket, struct ucred *credentials) {
    socklen_t length = sizeof *credentials;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, credentials, &length) == 0;
}

pid_t calmanac_peer_process(int socket) {
    struct ucred credentials;
    return peer(socket, &credentials) ? credentials.pid : -1;
}

uid_t calmanac_peer_user(int socket) {
    struct ucred credentials;
    return peer(socket, &credentials) ? credentials.uid : (uid_t)-1;
}

int calmanac_epoll_create(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

int calmanac_epoll_control(int epoll, enum calmanac_epoll_operation operation, int descriptor,
                           enum calmanac_epoll_interest interest, uint64_t token) {
    static const int operations[] = {EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL};
    static const uint32_t interests[] = {EPOLLIN, EPOLLIN | EPOLLONESHOT, EPOLLIN | EPOLLOUT};
    struct epoll_event event = {.events = interests[interest], .data = {.u64 = token}};
    return epoll_ctl(epoll, operations[operation], descriptor, &event);
}

int calmanac_epoll_wait(int epoll, struct calmanac_event *events, int capacity, int timeout_ms) {
    struct epoll_event raw[64];
    if (capacity > 64)
        capacity = 64;
    int count = epoll_wait(epoll, raw, capacity, timeout_ms);
    for (int i = 0; i < count; i++) {
        uint32_t bits = raw[i].events;
        events[i].token = raw[i].data.u64;
        events[i].readable = (bits & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
        events[i].writable = (bits & EPOLLOUT) != 0;
        events[i].hung_up = (bits & (EPOLLHUP | EPOLLERR)) != 0;
    }
    return count;
}

int calmanac_wait_readable(const int *descriptors, size_t count, int64_t timeout_ns) {
    enum { capacity = 1024 };
    struct pollfd polled[capacity];
    if (count > capacity) {
        errno = EINVAL;
        return -2;
    }
    for (size_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    int ready = ppoll(polled, count, timeout_ns < 0 ? NULL : &timeout, NULL);
    if (ready < 0)
        return errno == EINTR ? -1 : -2;
    for (size_t i = 0; i < count; i++) {
        if (polled[i].revents != 0)
            return (int)i;
    }
    return -1;
}
