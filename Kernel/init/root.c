// The file system: an overlay over a read-only root, on tmpfs or on the machine's disk. The root is the host's, or a folder of the
// host, or an image on the machine's first disk; the kernel's command line says which (machine_root=).
#include "init.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static void must_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    if (mount(source, target, type, flags, data) < 0)
        fail("cannot mount %s on %s: %s", type ? type : source, target, strerror(errno));
}

// For mounts that not every kernel or host supports.
static void try_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    if (mkdir(target, 0755) < 0 && errno != EEXIST)
        return;
    mount(source, target, type, flags, data);
}

static const char *own_root;

bool has_own_root(void) { return own_root != NULL; }

static bool is_image(void) { return has_own_root() && strcmp(own_root, "image") == 0; }

// A folder that the host has: it is hidden only inside this machine. Almanac makes the first for machines that do not see the
// host's root.
static const char *stage_folder(void) {
    static const char *const folders[] = {"/.root", "/mnt", "/tmp", "/srv", "/media", "/opt"};
    struct stat status;
    for (size_t i = is_image() ? 0 : 1; i < sizeof folders / sizeof *folders; i++) {
        size_t length = strlen(folders[i]);
        bool holds_root = has_own_root() && strncmp(own_root, folders[i], length) == 0 && own_root[length] == '/';
        if (!holds_root && stat(folders[i], &status) == 0 && S_ISDIR(status.st_mode))
            return folders[i];
    }
    fail("the host has none of /mnt /tmp /srv /media /opt to mount on");
    return NULL;
}

// Whether there is an ext4 file system: its magic number is at a fixed place.
static bool has_file_system(const char *device) {
    unsigned char magic[2];
    int file = open(device, O_RDONLY | O_CLOEXEC);
    bool found = file >= 0 && pread(file, magic, 2, 1080) == 2 && magic[0] == 0x53 && magic[1] == 0xef;
    if (file >= 0)
        close(file);
    return found;
}

static void make_file_system(const char *device) {
    static const char program[] = "/sbin/mke2fs";
    int status = -1;
    pid_t process = fork();
    if (process == 0) {
        execl(program, program, "-q", "-F", "-F", "-t", "ext4", "-m", "0", "-N", "16384", "-J", "size=4", "-E",
              "nodiscard,lazy_itable_init=0,lazy_journal_init=0", device, (char *)NULL);
        _exit(127);
    }
    if (process < 0 || waitpid(process, &status, 0) != process || status != 0)
        fail("cannot make a file system for what this machine keeps: %s of e2fsprogs failed (status %d)", program, status);
}

// The mounted disk, if the machine has one.
static int disk = -1;

void leave_disk(void) {
    char path[32];
    if (disk < 0)
        return;
    sync();
    snprintf(path, sizeof path, "/proc/self/fd/%d", disk);
    if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
        report_problem("cannot stop writing to the disk: %s", strerror(errno));
}

// Mounts the machine's disks. Returns the folder for files written to the root: on the disk if the machine has one, else in memory.
static const char *writable_folder(void) {
    struct stat status;
    const char *device = is_image() ? "dev/vdb" : "dev/vda";
    if (mkdir("dev", 0755) < 0 || mkdir("disk", 0755) < 0)
        fail("cannot make folders: %s", strerror(errno));
    must_mount("devtmpfs", "dev", "devtmpfs", MS_NOSUID, "mode=0755");
    if (is_image()) {
        if (mkdir("image", 0755) < 0)
            fail("cannot make a folder: %s", strerror(errno));
        must_mount("dev/vda", "image", "squashfs", MS_RDONLY, NULL);
    }
    bool has_disk = stat(device, &status) == 0;
    if (has_disk) {
        if (!has_file_system(device))
            make_file_system(device);
        must_mount(device, "disk", "ext4", 0, NULL);
        disk = open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    umount("dev");
    return has_disk ? "/disk" : "";
}

// Where commands start. It is made for every machine, so that simulated time does not depend on who runs almanac. The host's own
// is seen through it, unless the user may not enter that, as an ordinary user may not enter /root: an opaque folder of the overlay
// hides it (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories").
static void make_home(const char *home, const char *upper) {
    // The disk of a machine that boots again has it already.
    if (mkdir(upper, 0700) < 0 && errno != EEXIST)
        fail("cannot make %s: %s", upper, strerror(errno));
    int file = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool hides = file < 0;
    if (!hides) {
        close(file);
        // A system call that fails takes 1 us of simulated time (handle_syscall, arch/um/kernel/skas/syscall.c): one fails either way.
        close(-1);
    }
    // Both are set either way: the kernel keeps attributes in a table that a worker resizes, and whether that runs depends on their
    // number. `n` hides nothing; an empty origin is what the overlay would set where it merges the folder with the host's.
    if (setxattr(upper, "trusted.overlay.opaque", hides ? "y" : "n", 1, 0) < 0 || setxattr(upper, "trusted.overlay.origin", "", 0, 0) < 0)
        fail("cannot %s the host's %s: %s", hides ? "hide" : "show", home, strerror(errno));
}

// What a folder of the new root is for. It may be missing in a root of the machine's own.
static void mount_kernel_files(const char *type, const char *target, unsigned long flags, const char *data) {
    if (has_own_root() && mkdir(target, 0755) < 0 && errno != EEXIST)
        fail("cannot make %s: %s", target, strerror(errno));
    must_mount(type, target, type, flags, data);
}

void make_root_writable(void) {
    own_root = getenv("machine_root");
    const char *stage = stage_folder();
    char options[512];
    must_mount("tmpfs", stage, "tmpfs", 0, "mode=0755");
    if (chdir(stage) < 0 || mkdir("root", 0755) < 0)
        fail("cannot make folders in %s: %s", stage, strerror(errno));
    const char *folder = writable_folder();
    snprintf(options, sizeof options, "%s%s", stage, folder);
    // The disk of a machine that boots again has them already.
    if (chdir(options) < 0 || (mkdir("upper", 0755) < 0 && errno != EEXIST) || (mkdir("work", 0755) < 0 && errno != EEXIST) ||
        chdir(stage) < 0)
        fail("cannot make folders in %s: %s", options, strerror(errno));
    if (!has_own_root()) {
        snprintf(options, sizeof options, "%s%s/upper/root", stage, folder);
        make_home("/root", options);
        snprintf(options, sizeof options, "%s%s/upper", stage, folder);
        make_accounts(options);
    }
    snprintf(options, sizeof options, "lowerdir=%s%s,upperdir=%s%s/upper,workdir=%s%s/work", is_image() ? stage : "",
             is_image() ? "/image" : has_own_root() ? own_root : "/", stage, folder, stage, folder);
    must_mount("overlay", "root", "overlay", 0, options);
    if (chdir("root") < 0)
        fail("cannot enter the new root: %s", strerror(errno));
    // The old root stays mounted underneath, hidden; the overlay needs it.
    if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
        fail("cannot move to the new root: %s", strerror(errno));
    mount_kernel_files("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_kernel_files("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_kernel_files("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
    try_mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,ptmxmode=0666");
    try_mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    try_mount("mqueue", "/dev/mqueue", "mqueue", 0, NULL);
    try_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    if (!has_own_root()) {
        // The host's are not for guests.
        must_mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
        try_mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
        try_mount("tmpfs", "/var/log", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
        mkdir("/run/lock", 01777);
    }
    // Links that programs expect in /dev. They may exist already.
    (void)!symlink("/proc/self/fd", "/dev/fd");
    (void)!symlink("/proc/self/fd/0", "/dev/stdin");
    (void)!symlink("/proc/self/fd/1", "/dev/stdout");
    (void)!symlink("/proc/self/fd/2", "/dev/stderr");
}

static void make_parents(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
}

void make_folders(char *path) {
    make_parents(path);
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        report_problem("cannot make the folder %s: %s", path, strerror(errno));
}

void mount_memory(const char *options, char *path) {
    make_folders(path);
    if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
        report_problem("cannot mount memory on %s: %s", path, strerror(errno));
}

// The host's folder and what the machine writes are below a folder that is hidden when the overlay is there.
void mount_folder(const char *host, char *path) {
    static unsigned count;
    char stage[64], lower[80], options[256];
    snprintf(stage, sizeof stage, "/run/almanac/mount%u", ++count);
    make_folders(path);
    make_folders(stage);
    bool works = mount("tmpfs", stage, "tmpfs", MS_NODEV, "mode=0755") == 0;
    for (const char *const *name = (const char *const[]){"lower", "upper", "work", NULL}; works && *name != NULL; name++) {
        snprintf(lower, sizeof lower, "%s/%s", stage, *name);
        works = mkdir(lower, 0755) == 0;
    }
    snprintf(lower, sizeof lower, "%s/lower", stage);
    snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", stage, stage, stage);
    works = works && mount("none", lower, "hostfs", MS_RDONLY, host) == 0 && mount("overlay", path, "overlay", 0, options) == 0;
    if (!works)
        report_problem("cannot mount the host's %s on %s: %s", host, path, strerror(errno));
}

void store_piece(char *path, const void *bytes, size_t length, mode_t mode, bool is_first) {
    if (is_first) {
        make_parents(path);
        // A symbolic link of the host, such as /etc/resolv.conf into /run, is replaced, not followed.
        unlink(path);
    }
    int file = open(path, O_WRONLY | O_CLOEXEC | (is_first ? O_CREAT | O_TRUNC : O_APPEND), mode);
    if (file < 0 || !write_all(file, bytes, length)) {
        bool is_full = errno == ENOSPC;
        report_problem("cannot write %s: %s%s", path, strerror(errno),
                       is_full ? ": files of a machine without a disk take up to half of its memory" : "");
    }
    if (file < 0)
        return;
    if (is_first)
        fchmod(file, mode);
    close(file);
}

void write_file(char *path, const void *bytes, size_t length, mode_t mode) {
    store_piece(path, bytes, length, mode, true);
}
