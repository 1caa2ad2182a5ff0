// What a program sees of how its kernel runs it, in lines: threads, vfork, signals, floating point, filters of its own, the time stamp
// counter.

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"

static sigjmp_buf back;

static void caught(int number) { siglongjmp(back, number); }

static void *count(void *sum)
{
    for (int i = 0; i < 1000; i++) {
        __atomic_add_fetch((long *)sum, 1, __ATOMIC_RELAXED);
        sched_yield();
    }
    return sum;
}

static unsigned long long counter(void)
{
    unsigned low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return (unsigned long long)high << 32 | low;
}

static unsigned long long counter_of_processor(unsigned *processor)
{
    unsigned low, high;
    asm volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(*processor));
    return (unsigned long long)high << 32 | low;
}

static void filter_own_calls(void)
{
    refuse_call(SYS_getppid, EPERM);
    long result = syscall(SYS_getppid);
    printf("filtered call: %ld, %s\n", result, errno == EPERM ? "EPERM" : "another error");
    fflush(stdout);
    _exit(0);
}

int main(void)
{
    long sum = 0;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, count, &sum);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    printf("threads: %ld\n", sum);

    int status = -1;
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/true", "true", NULL);
        _exit(9);
    }
    waitpid(child, &status, 0);
    printf("vfork: %d\n", status);

    static const int numbers[] = {SIGSEGV, SIGILL, SIGTRAP};
    for (int i = 0; i < 3; i++) {
        signal(numbers[i], caught);
        int number = sigsetjmp(back, 1);
        if (number != 0)
            printf("caught signal %d\n", number);
        else if (numbers[i] == SIGSEGV)
            *(volatile int *)8 = 1;
        else if (numbers[i] == SIGILL)
            asm volatile("ud2");
        else
            asm volatile("int3");
    }

    double number = 1.5;
    for (int i = 0; i < 100; i++) {
        number *= 1.01;
        getppid();
    }
    printf("floating point: %.6f\n", number);
    fflush(stdout);
    if (fork() == 0)
        filter_own_calls();
    wait(NULL);

    unsigned processor = 1;
    unsigned long long first = counter(), second = counter_of_processor(&processor);
    printf("counter: %llu, %llu later, processor %u\n", first, second - first, processor);
    return 0;
}
