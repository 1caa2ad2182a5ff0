import Foundation
import Testing

/// `almanac calendar` shares one scheduling memory with real kernels, beside a client that exchanges messages only.
@Suite(.serialized)
struct CalendarMemoryTests {
    private let scratch: Scratch
    private let calendar: Almanac.Running

    init() throws {
        scratch = try Scratch()
        calendar = try Almanac.Running(
            Almanac.program, ["calendar", "--socket", "s", "--switch", "n", "--latency", "5ms"],
            in: scratch.path)
        let scratch = scratch
        #expect(eventually("the sockets appear") { scratch.exists("s") && scratch.exists("n") })
    }

    /// Takes a turn every 0.7 s and says which of the slots 1 and 2 use the memory. It acknowledges, so it does not use it itself.
    private static let client = """
        import mmap, socket, struct
        link = socket.socket(socket.AF_UNIX); link.connect('s')
        link.sendall(struct.pack('IIQ', 1, 1, 0))
        answer, descriptors, flags, address = socket.recv_fds(link, 16, 2)
        memory = mmap.mmap(descriptors[0], 0)
        print('slot', struct.unpack('IIQ', answer)[2], flush=True)
        sequence = 1
        def ask(operation, time):
            global sequence
            sequence += 1
            link.sendall(struct.pack('IIQ', operation, sequence, time))
            while True:
                code, number, time = receive()
                if code == 0: return time
        def receive():
            code, number, time = struct.unpack('IIQ', link.recv(16, socket.MSG_WAITALL))
            if code: link.sendall(struct.pack('IIQ', 0, number, 0))
            return code, number, time
        now, exact = ask(4, 0), 0
        for _ in range(150):
            now += 700000000
            ask(2, now); ask(3, 0)
            while True:
                code, number, time = receive()
                if code == 6: break
            exact += time == now == ask(4, 0)
        users = [struct.unpack_from('I', memory, 4096 + 128 * slot)[0] for slot in (1, 2, 3)]
        print('exact', exact, 'slots', users)
        """

    /// Guest 2 and the client join when time has passed: their own times begin at 0 all the same.
    @Test(arguments: CalendarCommandTests.kernels)
    func latecomersAndClientsThatSpeak(kernel: String) throws {
        let first = try Almanac.guest(
            1, kernel, "echo ready; while ! ip neigh | grep -q '10.0.0.2 '; do sleep 1; done; sleep 300",
            in: scratch)
        #expect(eventually("guest 1 is ready") { first.text.contains("ready") })
        let client = try Almanac.Running("/usr/bin/python3", ["-c", Self.client], in: scratch.path)
        #expect(eventually("the client has started") { client.text.contains("slot 2") })
        let second = try Almanac.guest(
            2, kernel, "sleep 2; ping -q -c 30 10.0.0.1; cat /proc/uptime; sleep 200", in: scratch)
        let (told, text) = (client.wait(), second.wait().output)
        _ = first.wait()
        let outcome = calendar.wait()
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(
            told.output.contains("exact 150 slots [1, "),
            "\(told.output)\(told.errors)\(outcome.output)\(first.text.suffix(600))")
        #expect(text.contains("30 packets transmitted, 30 received, 0% packet loss"), "\(text.suffix(600))")
        let uptime = text.firstMatch(of: /(\d+)\.\d+ \d+\.\d+/).flatMap { Int($0.1) }
        #expect(uptime.map { 30...33 ~= $0 } == true, "\(text.suffix(600))")
        #expect(
            !outcome.output.contains("client 2 (process \(second.process.processIdentifier)) started at 0.0"))
    }
}
