// Users and groups: the one as whom commands run, and the accounts' secret files. Who runs almanac may not read the host's, and a guest's must not hold the host's passwords: every machine
// has its own, made from the names in /etc/passwd and /etc/group, in which no password is valid. So su, passwd and useradd
// work in the same way whoever runs almanac.
#include "init.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/resource.h>
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

// As whom commands run.
static uid_t user;
static gid_t groups[256];
static size_t group_count;

static bool is_number(const char *text) { return *text != 0 && text[strspn(text, "0123456789")] == 0; }

// Finds the account of that name or number in /etc/passwd. A number needs none.
static void find_user(const char *name, char *found, size_t room, gid_t *group) {
    char line[4096];
    bool is_found = is_number(name);
    user = (uid_t)strtoul(name, NULL, 10);
    found[0] = 0;
    FILE *accounts = fopen("/etc/passwd", "re");
    while (accounts != NULL && fgets(line, sizeof line, accounts) != NULL) {
        char *rest = line, *login = field(&rest);
        field(&rest);
        char *number = field(&rest), *primary = field(&rest);
        field(&rest);
        if (strcmp(login, name) != 0 && strcmp(number, name) != 0)
            continue;
        is_found = true;
        user = (uid_t)strtoul(number, NULL, 10);
        *group = (gid_t)strtoul(primary, NULL, 10);
        snprintf(found, room, "%s", login);
        setenv("HOME", field(&rest), 1);
        break;
    }
    if (accounts != NULL)
        fclose(accounts);
    // As container engines do.
    if (is_found && found[0] == 0)
        setenv("HOME", user == 0 ? "/root" : "/", 1);
    if (!is_found)
        fail("there is no user %s in this machine's /etc/passwd", name);
}

static bool is_member(char *members, const char *name) {
    for (char *member; (member = strsep(&members, ",\n")) != NULL;)
        if (strcmp(member, name) == 0)
            return true;
    return false;
}

// The group of that name or number; or, without one, those of which the user is a member as well.
static void find_groups(const char *wanted, const char *name) {
    char line[4096];
    bool is_found = wanted == NULL || is_number(wanted);
    if (wanted != NULL)
        groups[0] = (gid_t)strtoul(wanted, NULL, 10);
    FILE *list = fopen("/etc/group", "re");
    while (list != NULL && fgets(line, sizeof line, list) != NULL && group_count < sizeof groups / sizeof *groups) {
        char *rest = line, *group = field(&rest);
        field(&rest);
        gid_t number = (gid_t)strtoul(field(&rest), NULL, 10);
        if (wanted != NULL && strcmp(group, wanted) == 0) {
            groups[0] = number;
            is_found = true;
        } else if (wanted == NULL && *name != 0 && rest != NULL && number != groups[0] && is_member(rest, name)) {
            groups[group_count++] = number;
        }
    }
    if (list != NULL)
        fclose(list);
    if (!is_found)
        fail("there is no group %s in this machine's /etc/group", wanted);
}

void set_user(char *text) {
    char name[256];
    char *group = strchr(text, ':');
    if (group != NULL)
        *group++ = 0;
    group_count = 1;
    groups[0] = 0;
    find_user(text, name, sizeof name, &groups[0]);
    find_groups(group, name);
}

// Limits of what commands may use.
static struct limit {
    int kind;
    struct rlimit values;
} limits[RLIM_NLIMITS];
static size_t limit_count;

static rlim_t limit_value(const char *text) {
    return strcmp(text, "unlimited") == 0 ? RLIM_INFINITY : (rlim_t)strtoull(text, NULL, 10);
}

void set_limit(const char *name, char *values) {
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {
        {"core", RLIMIT_CORE}, {"cpu", RLIMIT_CPU}, {"data", RLIMIT_DATA}, {"fsize", RLIMIT_FSIZE},
        {"locks", RLIMIT_LOCKS}, {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
        {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"rss", RLIMIT_RSS}, {"rtprio", RLIMIT_RTPRIO},
        {"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING}, {"stack", RLIMIT_STACK}, {"as", RLIMIT_AS},
    };
    char *hard = strchr(values, ' ');
    if (hard != NULL)
        *hard++ = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0 && limit_count < RLIM_NLIMITS)
            limits[limit_count++] = (struct limit){
                kinds[i].kind, {limit_value(values), limit_value(hard ? hard : values)}};
}

static void keep_limits(void) {
    for (size_t i = 0; i < limit_count; i++)
        if (setrlimit(limits[i].kind, &limits[i].values) < 0)
            dprintf(2, "init: cannot set a limit: %s\n", strerror(errno));
}

void become_user(void) {
    keep_limits();
    if (group_count == 0)
        return;
    if (setgroups(group_count, groups) < 0 || setgid(groups[0]) < 0 || setuid(user) < 0) {
        dprintf(2, "init: cannot become user %u: %s\n", user, strerror(errno));
        _exit(126);
    }
}
