import CClients
import Foundation
import Glibc

/// Almanac's calendar and the peer's, for clients and guests that are started by hand.
extension Bench {
    enum Server {
        case almanac
        case peer
    }

    /// Boot, pings and halt of two guests started by hand: under Almanac, of the same under the peer.
    ///
    /// - Parameters:
    ///   - interval: of the pings, as ping takes it, seconds.
    ///   - wait: simulated seconds that the other guest stays.
    func startedByHand(pings: Int, interval: String, wait: Int) throws -> Figures {
        let kernel = try output(Self.almanac, ["kernel", "path"])
        let work = ["ping -q -i \(interval) -c \(pings) 10.0.0.2", "sleep \(wait)"]
        return try paired {
            try guests(work, kernel, .almanac) / guests(work, kernel, .peer)
        }
    }

    /// Wall-clock ns from the start of the calendar to the end of the guests.
    private func guests(_ work: [String], _ kernel: String, _ server: Server) throws -> Double {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (socket, ports) = ("\(folder)/calendar", "\(folder)/switch")
        let begin = DispatchTime.now().uptimeNanoseconds
        let calendar = try serve(server, socket, clients: work.count, memory: true, ports: ports)
        var children: [pid_t] = []
        for (index, command) in work.enumerated() {
            let number = index + 1
            let program = "\(folder)/init\(number)"
            let text = """
                #!/bin/sh
                mount -t proc none /proc
                ip link set lo up; ip link set eth0 up; ip addr add 10.0.0.\(number)/24 dev eth0
                sleep 1
                \(command)
                exec busybox poweroff -f
                """
            try text.write(toFile: program, atomically: true, encoding: .utf8)
            _ = unsafe chmod(program, 0o755)
            let child = clients_fork()
            if child == 0 {
                clients_use_core(core)
                // Their consoles are nobody's.
                let null = unsafe open("/dev/null", O_RDWR)
                for number in 0..<3 as Range<CInt> { dup2(null, number) }
                Self.become([
                    kernel, "mem=64M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "con=null",
                    "con0=null,fd:1", "umid=bench\(number)", "uml_dir=\(folder)/", "mac80211_hwsim.radios=0",
                    "seccomp=on", "init=\(program)", "time-travel=ext:\(number):\(socket)",
                    "virtio_uml.device=\(ports):1",
                ])
            }
            children.append(child)
        }
        for child in children { waitpid(child, nil, 0) }
        let time = DispatchTime.now().uptimeNanoseconds - begin
        try end(calendar, of: server)
        return Double(time)
    }

    func temporaryFolder() throws -> String {
        let folder = NSTemporaryDirectory() + "almanac-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Starts a calendar; its process, when its sockets are there.
    ///
    /// - Parameter ports: the socket of a switch with a latency of 5 ms; nil for none, and then no device interrupts clients.
    func serve(_ server: Server, _ socket: String, clients: Int, memory: Bool, ports: String? = nil) throws
        -> pid_t
    {
        let arguments: [String]
        switch server {
        case .almanac:
            arguments =
                [Self.almanac, "calendar", "--socket", socket, "--clients", "\(clients)", "--quiet"]
                + (ports.map { ["--switch", $0, "--latency", "5ms"] } ?? ["--no-devices"])
                + (memory ? [] : ["--no-shared-memory"])
        case .peer:
            guard let peer else { throw Failure(description: "this row needs --peer") }
            arguments =
                [peer, "calendar", socket, "\(clients)", memory ? "memory" : "messages"]
                + (ports.map { [$0] } ?? [])
        }
        let calendar = clients_fork()
        if calendar == 0 {
            clients_use_core(core)
            Self.become(arguments)
        }
        for path in [socket, ports].compactMap({ $0 }) {
            while !FileManager.default.fileExists(atPath: path) {
                usleep(1000)
                if waitpid(calendar, nil, WNOHANG) == calendar {
                    throw Failure(description: "\(arguments[0]) serves no \(path)")
                }
            }
        }
        return calendar
    }

    /// Almanac's calendar ends with its clients, the peer's when it is told.
    func end(_ calendar: pid_t, of server: Server) throws {
        if server == .peer { kill(calendar, SIGTERM) }
        var status: CInt = 0
        unsafe waitpid(calendar, &status, 0)
        guard status == 0 || server == .peer else {
            throw Failure(description: "the calendar ended with \(status >> 8)")
        }
    }

    private static func become(_ arguments: [String]) -> Never {
        // The strings live until the program is replaced.
        var pointers = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        unsafe execv(arguments[0], pointers)
        _exit(127)
    }
}
