#define _GNU_SOURCE
#include "CAlmanac.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Guarded ranges, for a SIGBUS handler. The handler may run in any thread while another thread changes the set, and it may
// neither lock nor allocate. So a set is never changed once it is published: a change is made in the other of two tables,
// which is then published, and the old one is used again only when no handler reads it any more. Finding a range is a
// binary search; a change copies the table. There is no limit but the process's mappings (vm.max_map_count).

struct range {
    uintptr_t address;
    size_t length;
    // Bytes from the start that are still the file's. The handler lowers it: what is behind is zeroed memory. A change at
    // the same time may lose that; then pages are replaced once more.
    size_t kept;
};

struct table {
    size_t capacity, count;
    // Ascending, disjoint.
    struct range ranges[];
};

enum { first_capacity = 64 };

static struct table empty;
static struct table *published = &empty;
// What the next change is made in; as large as the published table.
static struct table *spare = &empty;
// Handlers that read a table now.
static unsigned readers;
static uint64_t cuts;
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

// The number of ranges that begin at or before `address`.
static size_t ranges_before(const struct table *table, uintptr_t address) {
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->ranges[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct range *find(struct table *table, uintptr_t address) {
    size_t before = ranges_before(table, address);
    if (before == 0)
        return NULL;
    struct range *range = &table->ranges[before - 1];
    return address - range->address < range->length ? range : NULL;
}

// Between these two, the table is not used again. The order of both with `publish` is total.
static struct table *begin_reading(void) {
    __atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&published, __ATOMIC_SEQ_CST);
}

static void end_reading(void) {
    __atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
}

// The caller has the lock. A handler never waits for a change, so this wait is short.
static struct table *publish(struct table *table) {
    struct table *old = __atomic_exchange_n(&published, table, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&readers, __ATOMIC_SEQ_CST) > 0)
        sched_yield();
    return old;
}

static bool zero(uintptr_t start, size_t length) {
    // Reserves nothing: a guest's file may be larger than the host's memory.
    int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    return mmap((void *)start, length, PROT_READ | PROT_WRITE, flags, -1, 0) == (void *)start;
}

// Replaces what the owner cut off its file: all from the page that was touched to what is replaced already. Page by page, each
// would be a mapping of its own, and whoever cut enough of them would use up this process's.
static bool replace(uintptr_t fault) {
    uintptr_t page = fault & ~((uintptr_t)getpagesize() - 1);
    bool replaced = false;
    struct range *range = find(begin_reading(), fault);
    if (range != NULL) {
        uintptr_t end = range->address + __atomic_load_n(&range->kept, __ATOMIC_ACQUIRE);
        // Not before `end` when another thread was faster.
        replaced = page >= end || zero(page, end - page);
        if (replaced && page < end) {
            __atomic_store_n(&range->kept, page - range->address, __ATOMIC_RELEASE);
            __atomic_add_fetch(&cuts, 1, __ATOMIC_RELEASE);
        }
    }
    end_reading();
    return replaced;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    // Others are of a kill(), which carries no address, or of broken memory.
    bool replaced = info->si_code == BUS_ADRERR && replace((uintptr_t)info->si_addr);
    errno = saved;
    if (replaced)
        return;
    // Not a guarded range: the default action, when the fault repeats or, for a kill(), when this handler returns.
    signal(number, SIG_DFL);
    if (info->si_code <= 0)
        raise(number);
}

static struct table *allocate(size_t capacity) {
    struct table *table = malloc(sizeof *table + capacity * sizeof(struct range));
    if (table != NULL)
        *table = (struct table){.capacity = capacity};
    return table;
}

static void discard(struct table *table) {
    if (table != &empty)
        free(table);
}

// Makes room for one more range. The caller has the lock.
static bool grow(void) {
    if (spare->capacity > published->count)
        return true;
    size_t capacity = spare->capacity > 0 ? 2 * spare->capacity : first_capacity;
    struct table *first = allocate(capacity), *second = allocate(capacity);
    if (first == NULL || second == NULL) {
        free(first);
        free(second);
        return false;
    }
    first->count = published->count;
    memcpy(first->ranges, published->ranges, published->count * sizeof(struct range));
    discard(spare);
    discard(publish(first));
    spare = second;
    return true;
}

int calmanac_guard_range(void *address, size_t length) {
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    pthread_mutex_lock(&changing);
    bool has_room = grow();
    if (has_room) {
        size_t count = published->count;
        size_t place = ranges_before(published, (uintptr_t)address);
        memcpy(spare->ranges, published->ranges, place * sizeof(struct range));
        spare->ranges[place] = (struct range){(uintptr_t)address, length, length};
        memcpy(spare->ranges + place + 1, published->ranges + place, (count - place) * sizeof(struct range));
        spare->count = count + 1;
        spare = publish(spare);
    }
    pthread_mutex_unlock(&changing);
    return has_room ? 0 : -1;
}

void calmanac_unguard_range(void *address) {
    pthread_mutex_lock(&changing);
    struct range *range = find(published, (uintptr_t)address);
    if (range != NULL && range->address == (uintptr_t)address) {
        size_t place = (size_t)(range - published->ranges), rest = published->count - place - 1;
        memcpy(spare->ranges, published->ranges, place * sizeof(struct range));
        memcpy(spare->ranges + place, published->ranges + place + 1, rest * sizeof(struct range));
        spare->count = published->count - 1;
        spare = publish(spare);
    }
    pthread_mutex_unlock(&changing);
}

uint64_t calmanac_cuts(void) {
    return __atomic_load_n(&cuts, __ATOMIC_ACQUIRE);
}

bool calmanac_range_is_cut(void *address) {
    struct range *range = find(begin_reading(), (uintptr_t)address);
    bool is_cut = range != NULL && __atomic_load_n(&range->kept, __ATOMIC_ACQUIRE) < range->length;
    end_reading();
    return is_cut;
}
