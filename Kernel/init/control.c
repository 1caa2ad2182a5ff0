// The control device: messages to almanac, requests from it.
#include "init.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <termios.h>

static int control = -1;

int control_device(void) { return control; }

bool write_all(int file, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t count = write(file, next, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        next += count;
        length -= (size_t)count;
    }
    return true;
}

// A frame is one write, so that it is one buffer of the device where it fits.
void send_message(enum message type, const void *head, size_t head_length, const void *body, size_t body_length) {
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

void report_problem(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t used = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    send_message(message_problem, "", 0, text, used);
    dprintf(2, "init: %s\n", text);
}

void power_off(void) {
    tcdrain(control);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

void fail(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report_problem("%s", text);
    power_off();
}

// u32 mode, u8 whether it is the first piece, u32 length of the path, path, bytes.
static void take_piece(const char *payload, size_t length) {
    uint32_t mode, path_length;
    if (length < 9)
        return;
    memcpy(&mode, payload, 4);
    memcpy(&path_length, payload + 5, 4);
    if (path_length > length - 9)
        return;
    char *path = text_of(payload + 9, path_length);
    store_piece(path, payload + 9 + path_length, length - 9 - path_length, mode, payload[4] != 0);
    free(path);
    send_message(message_stored, "", 0, "", 0);
}

static void handle_request(enum request type, const char *payload, size_t length) {
    uint32_t index;
    int64_t step;
    switch (type) {
    case request_plan: apply_plan(payload, length); break;
    case request_go: allow_commands(); break;
    case request_shutdown: stop_commands(); break;
    case request_begin:
    case request_kill:
        if (length < sizeof index)
            break;
        memcpy(&index, payload, sizeof index);
        if (type == request_begin)
            begin_command(index);
        else
            kill_command(index);
        break;
    case request_clock:
        if (length < sizeof step)
            break;
        memcpy(&step, payload, sizeof step);
        step_clock(step);
        break;
    case request_look: report_outlook(); break;
    case request_file: take_piece(payload, length); break;
    case request_execute: start_look(payload, length); break;
    case request_input: give_input(payload, length); break;
    case request_resize: resize_terminal(payload, length); break;
    case request_hang_up: hang_up(payload, length); break;
    case request_need: report_need(payload, length); break;
    case request_artifacts: note_artifacts(payload, length); break;
    }
}

// Reads what is there and handles complete frames. Nothing while a request is handled.
void receive_requests(void) {
    static char *bytes;
    static size_t used, room;
    static bool handles;
    if (handles)
        return;
    for (;;) {
        if (room - used < 4096) {
            room = room * 2 + 8192;
            bytes = realloc(bytes, room);
            if (bytes == NULL)
                fail("no memory for a request of almanac");
        }
        ssize_t count = read(control, bytes + used, room - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        used += (size_t)count;
    }
    size_t done = 0;
    handles = true;
    while (used - done >= 5) {
        uint32_t length;
        memcpy(&length, bytes + done, 4);
        if (length > payload_limit)
            fail("almanac sends a frame of %u bytes", length);
        if (used - done - 5 < length)
            break;
        handle_request((enum request)bytes[done + 4], bytes + done + 5, length);
        done += 5 + length;
    }
    handles = false;
    memmove(bytes, bytes + done, used - done);
    used -= done;
}

void open_control(void) {
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
