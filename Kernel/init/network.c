// Interfaces, addresses and routes.
#include "init.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int link_socket = -1;

void open_link_socket(void) {
    link_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (link_socket < 0)
        fail("this kernel lacks IPv4: %s", strerror(errno));
}

static bool interface_call(unsigned long request, struct ifreq *call, const char *what) {
    if (ioctl(link_socket, request, call) == 0)
        return true;
    report_problem("cannot %s of %s: %s", what, call->ifr_name, strerror(errno));
    return false;
}

static void set_address(struct ifreq *call, unsigned long request, uint32_t address, const char *what) {
    struct sockaddr_in internet = {.sin_family = AF_INET, .sin_addr.s_addr = address};
    memcpy(&call->ifr_addr, &internet, sizeof internet);
    interface_call(request, call, what);
}

static uint32_t mask_of(unsigned prefix) { return prefix == 0 ? 0 : htonl(0xffffffffu << (32 - prefix)); }

// "10.0.0.1/24" -> address and prefix.
static bool read_address(char *text, uint32_t *address, unsigned *prefix) {
    char *slash = strchr(text, '/');
    *prefix = 32;
    if (slash != NULL) {
        *slash = 0;
        *prefix = (unsigned)strtoul(slash + 1, NULL, 10);
    }
    struct in_addr parsed;
    if (*prefix > 32 || inet_pton(AF_INET, text, &parsed) != 1)
        return false;
    *address = parsed.s_addr;
    return true;
}

void bring_up(const char *name) {
    struct ifreq call = {0};
    snprintf(call.ifr_name, sizeof call.ifr_name, "%s", name);
    if (!interface_call(SIOCGIFFLAGS, &call, "read the flags"))
        return;
    call.ifr_flags |= IFF_UP | IFF_RUNNING;
    interface_call(SIOCSIFFLAGS, &call, "bring up the link");
}

// "eth0 02:aa:bb:cc:dd:ee 10.0.0.1/24 1500", address "-" for none.
void set_interface(char *text) {
    char name[16], mac[18], address[24];
    unsigned mtu, prefix, want[6];
    uint32_t value;
    struct ifreq call = {0};
    if (sscanf(text, "%15s %17s %23s %u", name, mac, address, &mtu) != 4 ||
        sscanf(mac, "%x:%x:%x:%x:%x:%x", want, want + 1, want + 2, want + 3, want + 4, want + 5) != 6) {
        report_problem("malformed interface record: %s", text);
        return;
    }
    snprintf(call.ifr_name, sizeof call.ifr_name, "%s", name);
    if (!interface_call(SIOCGIFHWADDR, &call, "read the MAC address"))
        return;
    for (int i = 0; i < 6; i++)
        if ((unsigned char)call.ifr_hwaddr.sa_data[i] != want[i]) {
            report_problem("%s has another MAC address than %s", name, mac);
            return;
        }
    call.ifr_mtu = (int)mtu;
    interface_call(SIOCSIFMTU, &call, "set the MTU");
    if (strcmp(address, "-") != 0) {
        if (!read_address(address, &value, &prefix)) {
            report_problem("malformed address: %s", address);
            return;
        }
        set_address(&call, SIOCSIFADDR, value, "set the address");
        set_address(&call, SIOCSIFNETMASK, mask_of(prefix), "set the netmask");
    }
    bring_up(name);
}

// "10.1.0.0/16 10.0.0.254" or "default 10.0.0.254".
void add_route(char *text) {
    char destination[24], gateway[24], shown[64];
    unsigned prefix = 0, ignored;
    uint32_t to = 0, through;
    snprintf(shown, sizeof shown, "%s", text);
    bool good = sscanf(text, "%23s %23s", destination, gateway) == 2 && read_address(gateway, &through, &ignored);
    if (good && strcmp(destination, "default") != 0)
        good = read_address(destination, &to, &prefix);
    if (!good) {
        report_problem("malformed route record: %s", shown);
        return;
    }
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    struct sockaddr_in part = {.sin_family = AF_INET, .sin_addr.s_addr = to};
    memcpy(&route.rt_dst, &part, sizeof part);
    part.sin_addr.s_addr = mask_of(prefix);
    memcpy(&route.rt_genmask, &part, sizeof part);
    part.sin_addr.s_addr = through;
    memcpy(&route.rt_gateway, &part, sizeof part);
    if (ioctl(link_socket, SIOCADDRT, &route) < 0)
        report_problem("cannot add the route %s: %s", shown, strerror(errno));
}
