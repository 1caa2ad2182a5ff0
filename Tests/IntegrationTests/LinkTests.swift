import Foundation
import Report
import Testing

/// What links do to the frames of real kernels, against sums made here: to the nanosecond where nothing is random. The figures
/// stand in docs/network-model.md.
@Suite(.serialized)
struct LinkTests {
    func run(_ lab: String, files: [String: String] = [:], _ arguments: [String] = []) throws
        -> (Scratch, FrameLog)
    {
        let scratch = try Scratch()
        for (name, text) in files { try scratch.write(text, to: name) }
        try scratch.write("name: x\n" + lab, to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml"] + arguments, in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        return (scratch, try FrameLog("\(scratch.path)/out/x"))
    }

    func measured(_ text: String) { print("measured: \(text)") }

    // MARK: Delay

    private static let exactLinks: [String: (out: LinkSum, in: LinkSum)] = [
        "a": (
            LinkSum(latency: 1_000_000, bandwidth: 10_000_000), LinkSum(latency: 250_000, bandwidth: nil)
        ),
        "b": (LinkSum(bandwidth: 1_000_000), LinkSum(latency: 100_000, bandwidth: 100_000_000)),
        "c": (LinkSum(bandwidth: 10_000_000), LinkSum()),
    ]

    /// Latency out and in, a matrix of paths, bandwidths out and in, and who waits for whom: every frame of three kernels arrives when
    /// the sum says. The same as one island, which a network without latency makes of them.
    @Test(arguments: [false, true]) func everyFrameArrivesWhenTheSumSays(asOneIsland: Bool) throws {
        func near(_ address: Int) -> String { asOneIsland ? "near: 10.2.0.\(address)" : "" }
        let (scratch, log) = try run(
            """
            until: 8s
            networks:
              lan:
                subnet: 10.0.0.0/24
                latency: 3ms
                bandwidth: 10Mbit
                latencies: { a: { b: 7ms, c: 2ms } }
              \(asOneIsland ? "near: { subnet: 10.2.0.0/24, latency: 0s }" : "")
              wire: { subnet: 10.1.0.0/24, latency: 5ms, kind: point-to-point }
            machines:
              a:
                networks:
                  lan: { address: 10.0.0.1, out: { latency: 1ms }, in: { bandwidth: unlimited, latency: 250us } }
                  \(near(1))
                run:
                  - for size in 8 500 1472 4000; do ping -c 2 -i 0.1 -s $size 10.0.0.2; done
                  - ping -c 60 -i 0.001 -s 1400 10.0.0.2; ping -c 1 10.0.0.3
              b:
                networks:
                  lan: { address: 10.0.0.2, out: { bandwidth: 1Mbit }, in: { bandwidth: 100Mbit, latency: 100us } }
                  wire: 10.1.0.2
                  \(near(2))
                run: [ping -c 3 10.1.0.3]
              c:
                networks:
                  lan: 10.0.0.3
                  wire: 10.1.0.3
                  \(near(3))
                run: [{ command: ping -c 40 -i 0.001 -s 1200 10.0.0.2, at: 2s }]
            """)
        // Nothing is lost while all are up: what was sent in time has arrived, in any order of a receiver's.
        let end: UInt64 = 7_000_000_000
        let lan = log.arrivals.filter { $0.device == "eth0" && $0.sending.at < end }
        let frames = try sums(of: log, over: Self.exactLinks)
        #expect(Set(lan.map(\.sending.number)).count > 100)
        for arrival in lan {
            let expected = frames[Way(sending: arrival.sending, receiver: arrival.receiver)]
            #expect(expected == arrival.at, "\(arrival)")
        }
        // Queues were long: the last of a burst waited for most of it.
        let waits = lan.map { $0.at - $0.sending.at }
        measured(
            "\(lan.count) of \(lan.count) frames at the nanosecond of the sum, as one island \(asOneIsland); one way \(waits.min() ?? 0) to \(waits.max() ?? 0) ns"
        )
        #expect(waits.max() ?? 0 > 300_000_000)
        let wire = log.arrivals.filter {
            $0.device == "eth1" && $0.receiver != "a" && $0.sending.device == "eth1"
        }
        #expect(wire.count >= 8 && wire.allSatisfy { $0.at - $0.sending.at == 5_000_000 })
        // The guest's own clock says the same: there and back of 1480 + 34 bytes, once the address is known.
        let there: UInt64 = 1_000_000 + 1_230_400 + 7_000_000 + 123_040 + 100_000
        let back: UInt64 = 12_304_000 + 7_000_000 + 250_000
        let text = scratch.read("out/x/machines/a/1.out")
        let times = text.matches(of: /1480 bytes .* time=([\d.]+) ms/).map { String($0.1) }
        #expect(times == [String](repeating: String(format: "%.1f", Double(there + back) / 1e6), count: 2))
    }

    private struct Way: Hashable {
        let sending: FrameLog.Sending
        let receiver: String
    }

    /// When each frame on `eth0` gets to each other machine.
    private func sums(of log: FrameLog, over links: [String: (out: LinkSum, in: LinkSum)]) throws
        -> [Way: UInt64]
    {
        func path(_ from: String, _ to: String) -> UInt64 {
            ["ab": 7_000_000, "ba": 7_000_000, "ac": 2_000_000, "ca": 2_000_000][from + to] ?? 3_000_000
        }
        let sent = log.sendings.filter { $0.device == "eth0" }
        let got = Set(
            (log.arrivals + log.losses).filter { $0.device == "eth0" }.map {
                Way(sending: $0.sending, receiver: $0.receiver)
            })
        var atTheMiddle: [(sending: FrameLog.Sending, at: UInt64)] = []
        for (name, link) in links {
            let own = sent.filter { $0.sender == name }
            atTheMiddle += zip(own, link.out.leave(own.map { ($0.at, $0.bytes) })).map { ($0, $1) }
        }
        var sums: [Way: UInt64] = [:]
        for (name, link) in links {
            let coming = atTheMiddle.map { ($0.sending, at: $0.at + path($0.sending.sender, name)) }
                .filter { got.contains(Way(sending: $0.0, receiver: name)) }
                .sorted { ($0.at, $0.0.sender, $0.0.number) < ($1.at, $1.0.sender, $1.0.number) }
            for (frame, leaves) in zip(coming, link.in.leave(coming.map { ($0.at, $0.0.bytes) })) {
                sums[Way(sending: frame.0, receiver: name)] = leaves
            }
        }
        return sums
    }

    /// Two hosts of a graph: the shortest path, and their nodes' bandwidths.
    @Test func aGraphsPathIsTheSumOfItsEdges() throws {
        let graph = """
            graph [
              node [ id 0 host_bandwidth_up "10 Mbit" host_bandwidth_down "100 Mbit" ]
              node [ id 1 ]
              node [ id 2 host_bandwidth_up "1 Mbit" host_bandwidth_down "10 Mbit" ]
              edge [ source 0 target 1 latency "3 ms" packet_loss 0.0 ]
              edge [ source 1 target 2 latency "4500 us" packet_loss 0.0 ]
              edge [ source 0 target 2 latency "9 ms" packet_loss 0.0 ]
            ]
            """
        let (_, log) = try run(
            """
            networks: { net: { subnet: 10.0.0.0/24, graph: net.gml } }
            machines:
              a: { networks: { net: { node: 0 } }, run: [ping -c 20 -s 1000 b] }
              b: { networks: { net: { node: 2 } } }
            """, files: ["net.gml": graph])
        for (sender, out, into) in [("a", 10, 10), ("b", 1, 100)] {
            let (up, down) = (
                LinkSum(bandwidth: UInt64(out) * 1_000_000), LinkSum(bandwidth: UInt64(into) * 1_000_000)
            )
            let pings = log.arrivals.filter { $0.sending.sender == sender && $0.sending.bytes == 1042 }
            #expect(pings.count == 20)
            let sum = up.time(of: 1042) + 7_500_000 + down.time(of: 1042)
            #expect(pings.allSatisfy { $0.at - $0.sending.at == sum })
            measured(
                "graph, from \(sender): \(pings.count) frames of 1042 bytes, \(sum) ns each, the formula")
        }
    }

    // MARK: Bandwidth and queue

    /// TCP, and UDP that sends more than fits, over 10 Mbit/s with 50 frames of queue; what a ping waits in it.
    @Test func bandwidthIsSharedByFramesAlone() throws {
        let (scratch, log) = try run(
            """
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
            machines:
              a:
                networks: { lan: { out: { bandwidth: 10Mbit, queue: 50 frames } } }
                files:
                  /root/tcp.py: |
                    import socket
                    s = socket.create_connection(("b", 9))
                    s.sendall(bytes(5000000))
                    s.shutdown(1)
                    s.recv(1)
                  /root/udp.py: |
                    import socket, time
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    for _ in range(3000):
                        s.sendto(bytes(1472), ("b", 10))
                        time.sleep(0.001)
                run:
                  - { command: python3 /root/tcp.py, at: 2s }
                  - { command: python3 /root/udp.py, at: 20s }
                  - { command: ping -c 60 -i 0.04 b, at: 20500ms, expect: any }
              b:
                networks: [lan]
                files:
                  /root/tcp.py: |
                    import socket, time
                    c, _ = socket.create_server(("", 9)).accept()
                    first = last = n = 0
                    while d := c.recv(65536):
                        last = time.time_ns()
                        if first: n += len(d)
                        else: first = last
                    print(n * 8e9 / (last - first))
                  /root/udp.py: |
                    import socket
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.bind(("", 10))
                    while True: s.recv(65536)
                run:
                  - { command: python3 /root/tcp.py, background: true }
                  - { command: python3 /root/udp.py, background: true, expect: any }
            """)
        // 1448 bytes of data in 1538 of Ethernet.
        let goodput = try #require(Double(scratch.read("out/x/machines/b/1.out").dropLast()))
        let formula = 1e7 * 1448 / 1538
        measured("TCP over 10 Mbit/s: \(Int(goodput)) bit/s of data; the formula \(Int(formula))")
        #expect(abs(goodput / formula - 1) < 0.01)
        let udp = log.arrivals.filter {
            $0.receiver == "b" && $0.sending.bytes == 1514 && $0.at > 20_200_000_000
        }
        // A ping's frame between two of them is their only gap.
        let gaps = zip(udp.dropFirst(), udp).map { $0.at - $1.at }
        let isFull = gaps.dropFirst(200).dropLast(200)
        #expect(isFull.count > 1500 && isFull.allSatisfy { $0 == 1_230_400 || $0 == 1_328_000 })
        let time = try #require(udp.last).at - udp[0].at
        let rate = Double(udp.count - 1) * 1472 * 8e9 / Double(time)
        measured(
            "UDP over 10 Mbit/s: \(Int(rate)) bit/s of data in \(udp.count) datagrams, one each 1,230,400 ns; the formula \(Int(1e7 * 1472 / 1538))"
        )
        #expect(log.losses.count > 200)
        #expect(log.losses.allSatisfy { $0.reason == "the queue of a/eth0 is full" })
        // Between 49 and 50 frames are before a ping that finds room.
        let last = try #require(udp.last).sending.at
        let waits = log.arrivals.filter {
            $0.receiver == "b" && $0.sending.bytes == 98 && $0.sending.at > 20_600_000_000
                && $0.sending.at < last
        }
        .map { $0.at - $0.sending.at - 5_000_000 - 97_600 }
        measured(
            "\(waits.count) pings behind a full queue of 50 frames waited \(waits.min() ?? 0) to \(waits.max() ?? 0) ns; 50 frames take 61,520,000"
        )
        #expect(waits.count > 5 && waits.allSatisfy { $0 > 58_000_000 && $0 <= 61_520_000 })
    }

    // MARK: Damage

    /// What a link does to one ping a second, to 400 datagrams and to 200 quick pings, by the guests' own counters.
    @Test func guestsCountWhatLinksDoToFrames() throws {
        let (scratch, log) = try run(
            """
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
            faults:
              - { at: 10s, link: lan/a, corrupt: 100%, direction: out, for: 5s }
              - { at: 20s, link: lan/a, duplicate: 100%, direction: out, for: 3500ms }
              - { at: 30s, link: lan/a, reorder: 30%, direction: out, for: 5s }
              - { at: 40s, link: lan/a, loss: 100%, direction: in, for: 5s }
            machines:
              a:
                networks: [lan]
                files:
                  /root/udp.py: |
                    import socket, time
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    for _ in range(400):
                        s.sendto(bytes(1000), ("b", 9))
                        time.sleep(0.01)
                run:
                  - ping -c 48 b || true
                  - { command: python3 /root/udp.py, at: 10500ms }
                  - { command: ping -c 200 -i 0.003 b, at: 30500ms }
              b:
                networks: [lan]
                files:
                  /root/counters.py: |
                    for name in "snmp", "netstat":
                        lines = [line.split() for line in open("/proc/net/" + name)]
                        for names, values in zip(lines[::2], lines[1::2]):
                            print("".join(names[0] + n + "=" + v + "\\n" for n, v in zip(names[1:], values[1:])), end="")
                run: [{ command: "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((str(), 9)); s.recv(1)'", background: true, expect: any }]
                check:
                  - { command: python3 /root/counters.py, at: 9500ms }
                  - { command: python3 /root/counters.py, at: 19500ms }
                  - { command: python3 /root/counters.py, at: 39500ms }
                  - { command: python3 /root/counters.py, at: 49s }
            """)
        let counters = (1...4).map { number in
            var values: [String: Int] = [:]
            for line in scratch.read("out/x/machines/b/check-\(number).out").split(separator: "\n") {
                let parts = line.split(separator: "=")
                if parts.count == 2 { values[String(parts[0])] = Int(parts[1]) }
            }
            return values
        }
        func grown(_ name: String, to later: Int) throws -> Int {
            try #require(counters[later][name]) - #require(counters[later - 1][name])
        }
        // A checksum shows every damaged datagram: IP's own, or the one behind it.
        let (ip, udp) = (try grown("Ip:InHdrErrors", to: 1), try grown("Udp:InCsumErrors", to: 1))
        let icmp = try grown("Icmp:InCsumErrors", to: 1)
        func sent(_ sizes: Set<Int>, _ seconds: Range<Double>) -> [FrameLog.Arrival] {
            log.arrivals.filter {
                $0.receiver == "b" && sizes.contains($0.sending.bytes)
                    && seconds.contains(Double($0.sending.at) / 1e9)
            }
        }
        let damaged = sent([98, 1042], 10..<15).count
        measured(
            "\(damaged) frames, one bit flipped in each: \(udp) told by UDP's checksum, \(icmp) by ICMP's, \(ip) by IP's header"
        )
        #expect(damaged >= 400 && udp > 350)
        let output = scratch.read("out/x/machines/a/1.out")
        #expect(damaged == ip + udp + icmp, "\(counters[1])")
        #expect(output.matches(of: /\(DUP!\)/).count == 4, "\(output)")
        // Each got there, and none of their answers back.
        #expect(try grown("Icmp:InEchos", to: 3) == sent([98], 39.495..<48.995).count)
        #expect(log.losses.count { $0.reason == "lost on the way" } >= 5)
        let quick = scratch.read("out/x/machines/a/3.out").matches(of: /icmp_seq=(\d+) ttl/).compactMap {
            Int($0.1)
        }
        #expect(Set(quick) == Set(1...200))
        let late = sent([98], 30.4..<35).map { $0.at - $0.sending.at }
        let share = Double(late.count { $0 == 15_000_000 }) / Double(late.count)
        #expect(late.allSatisfy { $0 == 5_000_000 || $0 == 15_000_000 })
        measured("reorder 30 %: \(share) of \(late.count) frames held back, by 10 ms exactly")
        // Four standard deviations.
        #expect(
            quick != quick.sorted() && abs(share - 0.3) < 4 * (0.3 * 0.7 / Double(late.count)).squareRoot())
    }

    // MARK: Kinds

    @Test func kindsLengthsAndTags() throws {
        let (scratch, log) = try run(
            """
            networks:
              hub: { subnet: 10.0.0.0/24, latency: 2ms, kind: hub }
              switch: { subnet: 10.1.0.0/24, latency: 2ms }
            machines:
              a:
                networks: { hub: 10.0.0.1, switch: { address: 10.1.0.1, mtu: 1400 } }
                run:
                  - ping -c 2 -i 0.2 10.0.0.2; ping -c 2 -i 0.2 10.1.0.2
                  - { command: ping -c 10 -i 0.1 10.0.0.2, at: 5s }
                  - { command: ping -c 10 -i 0.1 10.1.0.2, at: 7s }
                  - { command: ping -c 1 -M do -s 1373 10.1.0.2, at: 9s, expect: 1 }
                  - { command: ping -c 1 -M do -s 1372 10.1.0.2, at: 11s }
                  - { command: ping -c 1 -W 1 -s 1000 10.1.0.3, at: 12s, expect: 1 }
                  - { command: ping -c 1 -W 1 -s 972 10.1.0.3, at: 14s }
                  - command: >-
                      ip link add link eth1 name eth1.5 type vlan id 5; ip addr add 10.5.0.1/24 dev eth1.5;
                      ip link set eth1.5 up; ping -c 3 -i 0.2 -M do -s 1372 10.5.0.2
                    at: 20s
              b:
                networks: { hub: 10.0.0.2, switch: 10.1.0.2 }
                run:
                  - >-
                    ip link add link eth1 name eth1.5 type vlan id 5; ip addr add 10.5.0.2/24 dev eth1.5;
                    ip link set eth1.5 up
              c:
                networks: { hub: 10.0.0.3, switch: { address: 10.1.0.3, mtu: 1000 } }
                run:
                  - command: >-
                      cd /sys/class/net; cat eth0/mtu eth1/mtu; cat eth?/statistics/rx_packets; sleep 2;
                      cat eth?/statistics/rx_packets; sleep 2; cat eth?/statistics/rx_packets
                    at: 4900ms
            """)
        let seen = scratch.read("out/x/machines/c/1.out").split(separator: "\n").compactMap { Int($0) }
        try #require(seen.count == 8, "\(seen)")
        #expect(seen[..<2] == [1500, 1000])
        // Third machines hear all of a hub, and of a switch only what is for all.
        #expect((20...29).contains(seen[4] - seen[2]) && seen[6] - seen[4] < 10)
        #expect(seen[5] - seen[3] < 10 && seen[7] - seen[5] < 10)
        #expect(scratch.read("out/x/machines/a/4.out").contains("mtu=1400"))
        #expect(log.losses.map(\.reason) == ["longer than the receiver's MTU"])
        #expect(log.losses[0].sending.bytes == 1042)
        // Four bytes of tag beyond the MTU pass.
        let tagged = log.arrivals.filter { $0.sending.bytes == 1418 }
        #expect(tagged.count == 6 && tagged.allSatisfy { $0.at - $0.sending.at == 2_000_000 })
    }
}
