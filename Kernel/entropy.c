// SPDX-License-Identifier: Apache-2.0
//
// getrandom for the process of a User Mode Linux kernel: the numbers come from a seed in the environment, so that what the
// kernel makes of them is the same in every run. Loaded in front of the C library (LD_PRELOAD).
//
// ALMANAC_ENTROPY holds the seed as 16 hexadecimal digits. Without it, or with anything else there, the process is ended:
// a run that looks repeatable and is not would be worse.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static uint64_t state;

__attribute__((constructor)) static void read_seed(void)
{
    static const char complaint[] = "almanac-entropy: ALMANAC_ENTROPY is not 16 hexadecimal digits\n";
    const char *text = getenv("ALMANAC_ENTROPY");
    char *end = NULL;
    if (text && strlen(text) == 16)
        state = strtoull(text, &end, 16);
    if (!end || *end) {
        if (write(2, complaint, sizeof complaint - 1) < 0)
            _exit(126);
        _exit(127);
    }
}

// SplitMix64 (Steele, Lea, Flood, 2014). The kernel's own generator is seeded with it; nothing here is secret.
static uint64_t next(void)
{
    uint64_t mixed = __atomic_add_fetch(&state, 0x9e3779b97f4a7c15u, __ATOMIC_RELAXED);
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
    (void)flags;
    for (size_t done = 0; done < length; done += 8) {
        uint64_t word = next();
        size_t left = length - done;
        memcpy((char *)buffer + done, &word, left < 8 ? left : 8);
    }
    return (ssize_t)length;
}
