// Runs a program on a host whose seccomp(2) does not exist: unfiltered PROGRAM ARGUMENT...

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h"

int main(int count, char **words)
{
    if (count < 2 || refuse_call(SYS_seccomp, ENOSYS) < 0)
        return 125;
    execv(words[1], words + 1);
    return 126;
}
