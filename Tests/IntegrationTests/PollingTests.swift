import Testing

/// Programs that wait by asking again and again.
@Suite(.serialized)
struct PollingTests {
    /// How often a program repeats `loop` until a connection comes after 20 ms, and how long it waited, ns. The loop ends with `break`.
    private func polls(_ polling: String, loop: String) throws -> (count: Int, waited: Int) {
        let scratch = try Scratch()
        let body = loop.split(separator: "\n").map { "            " + $0 }.joined(separator: "\n")
        try scratch.write(
            """
            name: x
            machines:
              m:
                polling: \(polling)
                files:
                  /root/wait.py: |
                    import os, select, signal, socket, time
                    listener = socket.create_server(("127.0.0.1", 80))
                    listener.setblocking(False)
                    poller = select.poll()
                    poller.register(listener, select.POLLIN)
                    ready, writer = socket.socketpair()
                    if os.fork() == 0:
                        time.sleep(0.02)
                        socket.create_connection(("127.0.0.1", 80))
                        os._exit(0)
                    begin, count = time.monotonic_ns(), 0
                    while True:
                        count += 1
            \(body)
                    print(count, time.monotonic_ns() - begin)
                run: [python3 wait.py]
            """, to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml"], in: scratch.path)
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let numbers = scratch.read("out/x/machines/m/1.out").split { $0.isWhitespace }.compactMap { Int($0) }
        try #require(numbers.count == 2)
        return (numbers[0], numbers[1])
    }

    @Test func callsThatGiveNothingTakeLongerWhereTheLabAsksForIt() throws {
        let loop = """
            try:
                listener.accept()
                break
            except BlockingIOError:
                pass
            """
        let exact = try polls("exact", loop: loop)
        let limited = try polls("100us", loop: loop)
        // A call without data takes 1 us.
        #expect(exact.count > 10_000)
        // 16 calls, 9 that grow, and then 10 for each millisecond; the other process needs some time too.
        #expect((180...600).contains(limited.count))
        #expect(limited.waited > 19_000_000 && limited.waited < 101_000 * limited.count)
    }

    /// A loop as FRR's daemons have it: between the calls with which it asks it masks signals.
    @Test func callsThatAProgramMakesBetweenDoNotEndTheRow() throws {
        let limited = try polls(
            "100us",
            loop: """
                signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
                time.monotonic_ns()
                found = poller.poll(0)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
                if found: break
                """)
        #expect((40...600).contains(limited.count))
    }

    /// A loop as iperf3's sending end has it: a socket can be written, and the program does not write.
    @Test func aReadyDescriptorThatIsNotUsedGivesNothing() throws {
        let limited = try polls(
            "100us",
            loop: """
                select.select([], [writer], [], 1)
                if time.monotonic_ns() - begin > 20_000_000: break
                """)
        #expect((50...600).contains(limited.count))
    }

    /// What a program polls for it sees when it is there, however long its calls may take: ping, which polls, measures the latencies.
    @Test(arguments: ["100us", "1ms"]) func roundTripsAreExact(limit: String) throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            networks:
              lan: { subnet: 10.0.0.0/24, latency: 1ms }
            machines:
              a: { polling: \(limit), networks: [lan], run: [sleep 1; ping -i 0.01 -c 200 b] }
              b: { networks: [lan] }
            """, to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let times = scratch.read("out/x/machines/a/1.out").matches(of: /time=([0-9.]+) ms/).compactMap {
            Double($0.output.1)
        }
        #expect(times.count == 200)
        // The first one waits for ARP.
        #expect(times.dropFirst().allSatisfy { (1.99...2.03).contains($0) }, "\(times)")
    }
}
