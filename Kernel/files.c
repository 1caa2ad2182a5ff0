// SPDX-License-Identifier: Apache-2.0
//
// The host's files that a guest reads, noted by its kernel's process, which opens them for it (hostfs). Part of the library that is
// loaded in front of the C library (Kernel/guest).
//
// ALMANAC_FILES holds the number of a descriptor that appends to a file. For each regular file that is opened for reading
// only, it gets one record: size and modification time (ns) as 16 hexadecimal digits each, then the path, which a zero ends. A record
// without a path says that more files were opened than are noted. Without the variable, nothing is noted.
//
// The kernel opens files on stacks of 16 KiB and may be interrupted anywhere: no memory from the heap, no lock, no large variable.

#define _GNU_SOURCE
// The checked variants of open are inline functions, which cannot be defined again.
#undef _FORTIFY_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { slots = 1 << 14, most_files = slots / 4 * 3, high_number = 250 };

// Hashes of the paths that were noted; 0: free.
static uint64_t noted[slots];
static unsigned int count;
static int list = -1;

// Something else may have the number, in a program that a script has started.
static bool is_list(int number)
{
    struct stat status;
    int flags = fcntl(number, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) == O_WRONLY && flags & O_APPEND &&
           syscall(SYS_fstat, number, &status) == 0 && S_ISREG(status.st_mode);
}

// The kernel's messages have numbers of descriptors: those that it opens stay what they are without a list.
__attribute__((constructor)) static void find_list(void)
{
    const char *text = getenv("ALMANAC_FILES");
    int number = text ? atoi(text) : 0;
    if (number < 3)
        return;
    if (is_list(high_number)) {
        list = high_number;
    } else if (is_list(number)) {
        list = fcntl(number, F_DUPFD, high_number);
        close(number);
    }
}

// Whether a path is new; it is not any more. `more` is set when it is the first for which there is no room.
static bool is_new(uint64_t hash, bool *more)
{
    for (size_t i = hash % slots;; i = (i + 1) % slots) {
        uint64_t found = __atomic_load_n(&noted[i], __ATOMIC_RELAXED);
        if (found == hash)
            return false;
        if (found)
            continue;
        if (__atomic_load_n(&count, __ATOMIC_RELAXED) > most_files)
            return false;
        if (__atomic_compare_exchange_n(&noted[i], &found, hash, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            *more = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) > most_files;
            return true;
        }
        if (found == hash)
            return false;
    }
}

static void write_digits(char *place, uint64_t number)
{
    for (int i = 15; i >= 0; i--, number >>= 4)
        place[i] = "0123456789abcdef"[number & 15];
}

static void note(const char *path, int file)
{
    // FNV-1a, 64 bits (Fowler, Noll, Vo); 0 means a free slot.
    uint64_t hash = 0xcbf29ce484222325u;
    size_t length = 0;
    for (; path[length]; length++)
        hash = (hash ^ (unsigned char)path[length]) * 0x100000001b3u;
    bool more = false;
    struct stat status;
    if (!is_new(hash | 1, &more) || syscall(SYS_fstat, file, &status) < 0 || !S_ISREG(status.st_mode))
        return;
    char numbers[32];
    write_digits(numbers, (uint64_t)status.st_size);
    write_digits(numbers + 16, (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec);
    const struct iovec parts[] = {
        {.iov_base = numbers, .iov_len = sizeof numbers},
        {.iov_base = more ? "" : (char *)path, .iov_len = more ? 1 : length + 1},
    };
    // One call for one record: those of several kernels do not mix. A list that cannot be written lacks a file.
    syscall(SYS_writev, list, parts, 2);
}

static bool is_below(const char *path, const char *folder)
{
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int open_and_note(int folder, const char *path, int flags, mode_t mode)
{
    int file = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (file < 0 || list < 0 || flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_PATH))
        return file;
    // Names that are not absolute are the kernel's own.
    if (*path != '/')
        return file;
    while (path[1] == '/')
        path++;
    if (!is_below(path, "/proc/") && !is_below(path, "/sys/") && !is_below(path, "/dev/")) {
        int error = errno;
        note(path, file);
        errno = error;
    }
    return file;
}

// The fourth argument of those that make a file.
#define MODE_AFTER(last)                                                                                                \
    ({                                                                                                                  \
        va_list arguments;                                                                                      \
        va_start(arguments, last);                                                                              \
        mode_t mode = last & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;                           \
        va_end(arguments);                                                                                      \
        mode;                                                                                                           \
    })

int open(const char *path, int flags, ...)
{
    return open_and_note(AT_FDCWD, path, flags, MODE_AFTER(flags));
}

int open64(const char *path, int flags, ...)
{
    return open_and_note(AT_FDCWD, path, flags, MODE_AFTER(flags));
}

int openat(int folder, const char *path, int flags, ...)
{
    return open_and_note(folder, path, flags, MODE_AFTER(flags));
}

int openat64(int folder, const char *path, int flags, ...)
{
    return open_and_note(folder, path, flags, MODE_AFTER(flags));
}
