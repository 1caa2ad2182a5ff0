// The order of a machine's life.
#include "init.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

int main(int count, char **words) {
    if (count > 1 && strcmp(words[1], "processes") == 0 && getpid() != 1)
        return list_processes();
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    signal(SIGPIPE, SIG_IGN);
    make_root_writable();
    open_control();
    int signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0)
        fail("this kernel lacks signalfd: %s", strerror(errno));
    open_timer();
    open_link_socket();
    hide_host_processor();
    clearenv();
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv("HOME", "/root", 1);
    // Programs of images get what container engines give them.
    if (!has_own_root()) {
        setenv("USER", "root", 1);
        setenv("LANG", "C.UTF-8", 1);
        setenv("TERM", "dumb", 1);
    }
    bring_up("lo");
    uint32_t version = protocol_version;
    send_message(message_hello, &version, sizeof version, "", 0);
    run_commands(signals);
    // Processes that the commands left.
    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    forward_rest_of_output();
    send_artifacts();
    leave_disk();
    send_message(message_bye, "", 0, "", 0);
    power_off();
}
