import Foundation
import Testing

/// `almanac calendar` with guests that somebody else starts: every kernel in the cache.
@Suite(.serialized)
struct CalendarCommandTests {
    /// The default is always there; other series are tried where they have been built (`almanac kernel build --series 6.1`).
    static var kernels: [String] {
        let outcomes = [[], ["--series", "6.12"], ["--series", "6.1"]].compactMap { series in
            try? Almanac.run(["kernel", "path"] + series, in: NSTemporaryDirectory())
        }
        return Set(outcomes.filter { $0.status == 0 }.map { $0.output.trimmingCharacters(in: .newlines) })
            .sorted()
    }

    @Test func thereIsAKernel() { #expect(!Self.kernels.isEmpty) }

    @Test(arguments: kernels, [[], ["--no-shared-memory"]])
    func servesGuestsStartedByHand(kernel: String, options: [String]) throws {
        let scratch = try Scratch()
        let calendar = try Almanac.Running(
            Almanac.program,
            [
                "calendar", "--socket", "s", "--clients", "2", "--switch", "n", "--latency", "5ms", "--start",
                "2030-05-06T07:08:09Z",
            ] + options,
            in: scratch.path)
        #expect(eventually("the sockets appear") { scratch.exists("s") && scratch.exists("n") })
        let commands = ["sleep 2\ndate -u; ping -c 100 10.0.0.2", "sleep 2\nsleep 200"]
        let guests = try [1, 2].map { try Almanac.guest($0, kernel, commands[$0 - 1], in: scratch) }
        for guest in guests { _ = guest.wait() }
        let outcome = calendar.wait()
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(
            outcome.output.contains(
                "client 1 (process \(guests[0].process.processIdentifier)) started at 0.000000000 s"))
        let text = guests[0].text
        #expect(text.contains("100 packets transmitted, 100 received, 0% packet loss"), "\(text.suffix(600))")
        #expect(text.contains("Mon May  6 07:08:11 UTC 2030"))
        #expect(!scratch.exists("s"))
    }

    @Test func aGarbageClientDoesNotDisturbTheOthers() throws {
        let scratch = try Scratch()
        let calendar = try Almanac.Running(
            Almanac.program, ["calendar", "--socket", "s", "--clients", "1"], in: scratch.path)
        #expect(eventually("the socket appears") { scratch.exists("s") })
        let script = """
            import socket, struct
            bad = socket.socket(socket.AF_UNIX); bad.connect('s'); bad.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
            assert bad.recv(100) == b''
            good = socket.socket(socket.AF_UNIX); good.connect('s')
            def ask(op, seq, time):
                good.sendall(struct.pack('IIQ', op, seq, time))
                return struct.unpack('IIQ', good.recv(16))
            print(ask(1, 1, 7), ask(4, 2, 0), ask(2, 3, 1000), ask(3, 4, 0))
            while True:
                op, seq, time = struct.unpack('IIQ', good.recv(16))
                if op == 6: break
            print('run at', time)
            """
        let client = try Almanac.Running("/usr/bin/python3", ["-c", script], in: scratch.path).wait()
        #expect(client.output.contains("run at 1000"), "\(client.output)\(client.errors)")
        let outcome = calendar.wait()
        #expect(outcome.output.contains("operation 542393671 is not defined"))
    }
}
