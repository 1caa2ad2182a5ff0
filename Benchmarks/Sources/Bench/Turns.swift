import CClients
import Foundation
import Glibc

/// Turns of clients that do nothing else, against processes that hand a message round.
extension Bench {
    /// Turns that are timed in all.
    private static let turns = 60_000

    func turnsInRoundTrips(clients: Int, memory: Bool) throws -> Figures {
        try paired { try turnCost(clients: clients, memory: memory) / roundTrip(processes: 2) }
    }

    func turns(clients: Int, against few: Int) throws -> Figures {
        try paired {
            try turnCost(clients: clients, memory: false) / turnCost(clients: few, memory: false)
        }
    }

    /// In round trips of a ring of as many processes, and that against two clients: what the calendar adds.
    func manyClients(_ clients: Int) throws -> Figures {
        try paired {
            let many = try turnCost(clients: clients, memory: false) / roundTrip(processes: clients)
            return try many / (turnCost(clients: 2, memory: false) / roundTrip(processes: 2))
        }
    }

    /// Runs after one that does not count.
    func paired(_ ratio: () throws -> Double) rethrows -> Figures {
        var figures = Figures()
        for run in 0...runs {
            let value = try ratio()
            if run > 0 { figures.add(value) }
        }
        return figures
    }

    /// Wall-clock ns of a message to the next process and back, in a ring on one core.
    private func roundTrip(processes: Int) throws -> Double {
        var ends: [(CInt, CInt)] = []
        for _ in 0..<processes {
            var pair: [CInt] = [-1, -1]
            // The array outlives the call, as everywhere here.
            guard unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
                throw Failure(description: "no socket pair: error \(errno)")
            }
            ends.append((pair[0], pair[1]))
        }
        var children: [pid_t] = []
        // Member n reads from pair n and writes into pair n + 1; the first writes into pair 1 and reads from pair 0.
        for member in 1..<processes {
            let child = clients_fork()
            guard child >= 0 else { throw Failure(description: "no process: error \(errno)") }
            if child == 0 {
                clients_use_core(core)
                let (input, output) = (ends[member].1, ends[(member + 1) % processes].0)
                for (a, b) in ends {
                    if a != output { close(a) }
                    if b != input { close(b) }
                }
                clients_pass_on(input, output)
            }
            children.append(child)
        }
        let rounds = max(1, Self.turns / processes)
        let time = try onCore {
            _ = clients_time_ring(ends[1 % processes].0, ends[0].1, UInt64(max(1, rounds / 10)))
            return clients_time_ring(ends[1 % processes].0, ends[0].1, UInt64(rounds))
        }
        for (a, b) in ends {
            close(a)
            close(b)
        }
        for child in children { waitpid(child, nil, 0) }
        return Double(time) / Double(rounds * processes) * 2
    }

    /// What `body` gives in a child on the core.
    private func onCore(_ body: () -> UInt64) throws -> UInt64 {
        var pipes: [CInt] = [-1, -1]
        // Arrays and values outlive the calls that they are given to.
        unsafe pipe(&pipes)
        let child = clients_fork()
        if child == 0 {
            clients_use_core(core)
            var value = body()
            unsafe write(pipes[1], &value, 8)
            _exit(0)
        }
        close(pipes[1])
        var value: UInt64 = 0
        let count = unsafe read(pipes[0], &value, 8)
        close(pipes[0])
        waitpid(child, nil, 0)
        guard count == 8 else { throw Failure(description: "a measuring process failed (see above)") }
        return value
    }

    /// A turn under Almanac, of one under the peer.
    func turnAgainstPeer(clients: Int, memory: Bool) throws -> Figures {
        try paired {
            try turnCost(clients: clients, memory: memory)
                / turnCost(clients: clients, memory: memory, server: .peer)
        }
    }

    /// Wall-clock ns a turn.
    private func turnCost(clients: Int, memory: Bool, server: Server = .almanac) throws -> Double {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let socket = "\(folder)/calendar"
        let calendar = try serve(server, socket, clients: clients, memory: memory)
        // The first one's turns are timed; everybody has as many.
        let turns = max(12, Self.turns / clients)
        let warmUp = max(2, turns / 10)
        var others: [pid_t] = []
        for identity in 1..<clients {
            let child = clients_fork()
            if child == 0 {
                clients_use_core(core)
                _ = unsafe clients_take_turns(
                    socket, UInt64(identity + 1), UInt64(clients), UInt64(turns), UInt64(warmUp))
                _exit(0)
            }
            others.append(child)
        }
        let time = try onCore {
            unsafe clients_take_turns(socket, 1, UInt64(clients), UInt64(turns), UInt64(warmUp))
        }
        for child in others { waitpid(child, nil, 0) }
        try end(calendar, of: server)
        guard time > 0 else { throw Failure(description: "a client of the calendar failed (see above)") }
        return Double(time) / Double((turns - warmUp) * clients)
    }
}
