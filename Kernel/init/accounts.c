// The accounts' secret files. Who runs almanac may not read the host's, and a guest's must not hold the host's passwords: every machine
// has its own, made from the names in /etc/passwd and /etc/group, in which no password is valid. So su, passwd and useradd
// work in the same way whoever runs almanac.
#include "init.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

// Makes a file that is not there yet: the disk of a machine that boots again has it already.
static void make(const char *folder, const char *name, const char *text, mode_t mode, gid_t group) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0 && errno == EEXIST)
        return;
    if (file < 0 || (group != 0 && fchown(file, 0, group) < 0) || !write_all(file, text, strlen(text)))
        fail("cannot make %s: %s", path, strerror(errno));
    close(file);
}

// The next field of a line, which is cut there; "" when there is none.
static char *field(char **rest) {
    char *start = *rest ? strsep(rest, ":\n") : NULL;
    return start ? start : "";
}

void make_accounts(const char *upper) {
    char folder[200], line[4096], *users = NULL, *groups = NULL;
    size_t length;
    gid_t readers = 0;
    snprintf(folder, sizeof folder, "%s/etc", upper);
    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        fail("cannot make %s: %s", folder, strerror(errno));
    FILE *made = open_memstream(&groups, &length), *names = fopen("/etc/group", "re");
    while (made != NULL && names != NULL && fgets(line, sizeof line, names) != NULL) {
        char *rest = line, *name = field(&rest);
        field(&rest);
        const char *number = field(&rest);
        if (strcmp(name, "shadow") == 0)
            readers = (gid_t)strtoul(number, NULL, 10);
        fprintf(made, "%s:*::%s\n", name, field(&rest));
    }
    if (names != NULL)
        fclose(names);
    if (made == NULL || fclose(made) != 0)
        fail("no memory for /etc/gshadow");
    made = open_memstream(&users, &length);
    names = fopen("/etc/passwd", "re");
    while (made != NULL && names != NULL && fgets(line, sizeof line, names) != NULL) {
        char *rest = line;
        fprintf(made, "%s:*:20000:0:99999:7:::\n", field(&rest));
    }
    if (names != NULL)
        fclose(names);
    if (made == NULL || fclose(made) != 0)
        fail("no memory for /etc/shadow");
    make(folder, "gshadow", groups, 0640, readers);
    make(folder, "shadow", users, 0640, readers);
    // What useradd and the like write to beside them; the host's cannot be read by everybody.
    make(folder, "gshadow-", "", 0600, 0);
    make(folder, "shadow-", "", 0600, 0);
    make(folder, ".pwd.lock", "", 0600, 0);
    free(groups);
    free(users);
}
