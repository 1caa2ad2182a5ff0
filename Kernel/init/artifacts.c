// Artifacts: files that almanac copies out of the machine before it powers off.
#include "init.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>

// Kinds of entries. The content of a file follows its entry in pieces.
enum entry { entry_folder = 1, entry_file, entry_content, entry_link, entry_end };

enum { piece_length = 56 * 1024 };

// Simulated time that a mebibyte takes, and what an entry counts as. Without it a long copy would stand at one instant, which is how
// almanac recognises machines that hang.
static const struct timespec rest = {.tv_nsec = 10000000};
enum { bytes_between_pauses = 1 << 20, bytes_of_entry = 4096 };
static uint64_t bytes_since_pause;

// What the request says: the patterns, each ends in NUL, and how much may be sent.
static char *patterns;
static size_t patterns_length;
static uint64_t most_bytes, most_entries, bytes_left, entries_left;

// Real paths of the matches that were sent, or are being sent.
static char **sent;
static size_t sent_count;

// u64 bytes, u64 entries, patterns.
void note_artifacts(const char *payload, size_t length) {
    if (length < 16 || patterns != NULL)
        return;
    memcpy(&most_bytes, payload, 8);
    memcpy(&most_entries, payload + 8, 8);
    bytes_left = most_bytes;
    entries_left = most_entries;
    patterns_length = length - 16;
    patterns = text_of(payload + 16, patterns_length);
}

// A frame of u8 kind, u32 mode, i64 time of change in ns, u32 length of the path, path, bytes.
static void send_entry(enum entry kind, const struct stat *status, const char *path, const char *bytes, size_t length) {
    enum { head = 5 + 1 + 4 + 8 + 4 };
    static char frame[head + PATH_MAX + piece_length];
    uint32_t path_length = (uint32_t)strlen(path), mode = 0;
    uint32_t payload_length = head - 5 + path_length + (uint32_t)length;
    int64_t time = 0;
    if (path_length >= PATH_MAX || length > piece_length)
        return;
    if (status != NULL) {
        mode = status->st_mode;
        time = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
    }
    memcpy(frame, &payload_length, 4);
    frame[4] = message_artifact;
    frame[5] = (char)kind;
    memcpy(frame + 6, &mode, 4);
    memcpy(frame + 10, &time, 8);
    memcpy(frame + 18, &path_length, 4);
    memcpy(frame + head, path, path_length);
    memcpy(frame + head + path_length, bytes, length);
    write_all(control_device(), frame, head + path_length + length);
    bytes_since_pause += bytes_of_entry + length;
    if (bytes_since_pause >= bytes_between_pauses) {
        bytes_since_pause = 0;
        nanosleep(&rest, NULL);
    }
}

// Reads to the end of the file: files of /proc have no length.
static void send_file(const char *path, const struct stat *status) {
    static char bytes[piece_length];
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) {
        report_problem("artifacts: cannot read %s: %s", path, strerror(errno));
        return;
    }
    send_entry(entry_file, status, path, "", 0);
    ssize_t count = 0;
    while (bytes_left > 0) {
        count = read(file, bytes, bytes_left < sizeof bytes ? bytes_left : sizeof bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        send_entry(entry_content, NULL, "", bytes, (size_t)count);
        bytes_left -= (uint64_t)count;
    }
    if (count < 0)
        report_problem("artifacts: cannot read %s: %s", path, strerror(errno));
    if (bytes_left == 0)
        report_problem("artifacts: at most %llu MiB are copied: the end of %s and what comes after it are missing",
                       (unsigned long long)most_bytes >> 20, path);
    close(file);
}

// Whether the folder is on a file system for files: not /proc, /sys and the like, some of whose files never end.
static bool holds_files(const char *path) {
    struct statfs system;
    if (statfs(path, &system) < 0)
        return false;
    return system.f_type == OVERLAYFS_SUPER_MAGIC || system.f_type == TMPFS_MAGIC || system.f_type == EXT4_SUPER_MAGIC;
}

static bool was_sent(const char *path) {
    for (size_t i = 0; i < sent_count; i++)
        if (strcmp(sent[i], path) == 0)
            return true;
    return false;
}

static void send_tree(const char *path);

static void send_folder(const char *path, const struct stat *status) {
    struct dirent **names;
    if (!holds_files(path))
        return;
    send_entry(entry_folder, status, path, "", 0);
    int count = scandir(path, &names, NULL, alphasort);
    if (count < 0) {
        report_problem("artifacts: cannot read %s: %s", path, strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        char *inner = NULL;
        // Not on the stack: folders can be two thousand deep.
        if (asprintf(&inner, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name) < 0)
            fail("no memory for the artifacts");
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !was_sent(inner))
            send_tree(inner);
        free(inner);
        free(names[i]);
    }
    free(names);
}

// Devices, sockets and pipes are left out.
static void send_tree(const char *path) {
    static char target[PATH_MAX];
    struct stat status;
    if (bytes_left == 0 || entries_left == 0 || lstat(path, &status) < 0)
        return;
    if (--entries_left == 0) {
        report_problem("artifacts: at most %llu files are copied: %s and what comes after it are missing",
                       (unsigned long long)most_entries - 1, path);
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        send_folder(path, &status);
    } else if (S_ISREG(status.st_mode)) {
        send_file(path, &status);
    } else if (S_ISLNK(status.st_mode)) {
        ssize_t length = readlink(path, target, sizeof target);
        if (length > 0)
            send_entry(entry_link, &status, path, target, (size_t)length);
    }
}

// Sends what is at a real path, unless a match before had it.
static void send_once(const char *path) {
    size_t length = strlen(path);
    for (size_t i = 0; i < sent_count; i++) {
        size_t before = strlen(sent[i]);
        if (strncmp(path, sent[i], before) == 0 && (length == before || path[before] == '/' || before == 1))
            return;
    }
    char **more = realloc(sent, (sent_count + 1) * sizeof *sent);
    if (more == NULL)
        fail("no memory for the artifacts");
    sent = more;
    sent[sent_count++] = text_of(path, length);
    send_tree(path);
}

// Sends what a pattern matches: under its real path, and the file or folder that a link leads to under its own.
static void send_match(const char *path) {
    char folder[PATH_MAX], real[PATH_MAX], name[NAME_MAX + 1];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s/", (int)(slash - path), path);
    snprintf(name, sizeof name, "%s", slash + 1);
    if (realpath(folder, real) == NULL)
        return;
    size_t used = strlen(real);
    if (name[0] != 0 && snprintf(real + used, sizeof real - used, "%s%s", used > 1 ? "/" : "", name) >= (int)(sizeof real - used))
        return;
    send_once(real);
    if (realpath(path, folder) != NULL)
        send_once(folder);
}

// Extends `path` by each match of the pattern's next name, and sends what matches the whole pattern. Hidden files need a dot in the
// pattern, as in a shell.
static void expand(const char *path, const char *pattern) {
    struct dirent **names;
    struct stat status;
    char name[NAME_MAX + 1], inner[PATH_MAX];
    while (*pattern == '/')
        pattern++;
    if (*pattern == 0) {
        send_match(*path ? path : "/");
        return;
    }
    size_t length = strcspn(pattern, "/");
    if (length >= sizeof name)
        return;
    memcpy(name, pattern, length);
    name[length] = 0;
    if (strpbrk(name, "*?[\\") == NULL) {
        if (snprintf(inner, sizeof inner, "%s/%s", path, name) < (int)sizeof inner && lstat(inner, &status) == 0)
            expand(inner, pattern + length);
        return;
    }
    int count = scandir(*path ? path : "/", &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *found = names[i]->d_name;
        if (strcmp(found, ".") != 0 && strcmp(found, "..") != 0 && fnmatch(name, found, FNM_PERIOD) == 0 &&
            snprintf(inner, sizeof inner, "%s/%s", path, found) < (int)sizeof inner)
            expand(inner, pattern + length);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

void send_artifacts(void) {
    if (patterns == NULL)
        return;
    for (size_t used = 0; used < patterns_length; used += strlen(patterns + used) + 1)
        expand("", patterns + used);
    send_entry(entry_end, NULL, "", "", 0);
}
