// The plan: what almanac tells a machine about itself, as records of u8 kind, u32 length, bytes.
#include "init.h"

#include <fcntl.h>
#include <stdio.h>

enum record { is_host_name = 1, is_hosts, is_environment, is_interface, is_route, is_forward, is_command = 8, is_user, is_working_folder, is_folder, is_memory, is_sysctl, is_limit, is_grace };

// What stands behind the first NUL of a record.
static char *second_text(char *text, size_t length) {
    size_t first = strlen(text);
    return text + (first < length ? first + 1 : first);
}

static void set_kernel(const char *name, const char *value) {
    char path[512];
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || !write_all(file, value, strlen(value)))
        report_problem("cannot set %s of the kernel to %s: %s", name, value, strerror(errno));
    if (file >= 0)
        close(file);
}

static void apply_record(enum record kind, const char *bytes, size_t length) {
    char *text = text_of(bytes, length);
    char *equals;
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
    case is_user:
        set_user(text);
        break;
    case is_folder:
        mount_folder(text, second_text(text, length));
        break;
    case is_memory:
        mount_memory(text, second_text(text, length));
        break;
    case is_limit:
        set_limit(text, second_text(text, length));
        break;
    case is_grace:
        set_grace(text);
        break;
    case is_sysctl:
        set_kernel(text, second_text(text, length));
        break;
    case is_working_folder:
        set_working_folder(text);
        break;
    case is_command:
        add_command(bytes, length);
        break;
    }
    free(text);
}

void apply_plan(const char *payload, size_t length) {
    size_t used = 0;
    while (length - used >= 5) {
        uint32_t size;
        memcpy(&size, payload + used + 1, 4);
        if (size > length - used - 5)
            fail("the plan ends inside a record");
        apply_record((enum record)payload[used], payload + used + 5, size);
        used += 5 + size;
    }
    send_message(message_ready, "", 0, "", 0);
}
