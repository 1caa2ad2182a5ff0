internal import Foundation
internal import Glibc
internal import Lab

/// Looks at the machines of a run that stands or goes on, over the socket in its folder.
struct Visitor: Sendable {
    /// The run folder.
    let folder: String

    /// A machine and a path on it: `m2:/var/lib/x`.
    struct Place: Hashable, Sendable {
        let machine: String
        let path: String

        init(_ text: String, option: String) throws(RunError) {
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
                text[text.index(after: colon)...].hasPrefix("/")
            else {
                throw RunError(
                    .usage, "\(option) \(text): write a machine and a path on it, as in m2:/var/log/x")
            }
            machine = String(text[..<colon])
            path = String(text[text.index(after: colon)...])
        }
    }

    /// How a run stands.
    func state() throws(RunError) -> VisitState {
        try ask(.state) { if case .state(let state) = $0 { state } else { nil } }
    }

    /// Lets time go on, or ends the run; returns when that is done.
    func drive(_ drive: VisitDrive) throws(RunError) {
        try ask(.drive(drive)) { if case .ended = $0 { () } else { nil } }
    }

    /// Sends a request and waits for the reply that answers it.
    private func ask<Answer>(_ request: VisitRequest, answer: (VisitReply) -> Answer?) throws(RunError)
        -> Answer
    {
        let connection = try VisitorConnection(folder: folder)
        try connection.send(request)
        while true {
            let reply = try connection.next()
            if case .failed(let failure) = reply { throw RunError(failure) }
            if let answer = answer(reply) { return answer }
        }
    }

    /// Runs a command on a machine.
    ///
    /// - Parameters:
    ///   - input: the next part of its standard input, empty at its end; nil: it has none.
    ///   - take: gets what it writes, and whether to standard error.
    /// - Returns: its exit status, 128 + signal when it was killed.
    func execute(
        _ command: String, on machine: String, input: (() -> [UInt8])? = nil,
        take: (_ bytes: [UInt8], _ isError: Bool) -> Void
    ) throws(RunError) -> Int32 {
        let connection = try VisitorConnection(folder: folder)
        try connection.send(.look(LookPlan(machine: machine, command: command, hasInput: input != nil)))
        var hasInput = input != nil
        while true {
            // Input only as fast as the run takes it, and nothing that comes meanwhile waits.
            var ready = pollfd(
                fd: connection.number, events: Int16(POLLIN) | (hasInput ? Int16(POLLOUT) : 0), revents: 0)
            // The structure outlives the call.
            guard unsafe poll(&ready, 1, -1) >= 0 else { continue }
            if ready.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                for reply in try connection.arrived() {
                    switch reply {
                    case .output(let bytes): take(bytes, false)
                    case .errors(let bytes): take(bytes, true)
                    case .ended(let status): return status
                    case .failed(let failure): throw RunError(failure)
                    case .state: break
                    }
                }
            } else if hasInput, let input {
                let bytes = input()
                hasInput = !bytes.isEmpty
                try connection.send(.input(bytes))
            }
        }
    }

    /// Runs a command on a machine; what it writes is this program's own output.
    func show(_ command: String, on machine: String, passesInput: Bool = false) throws(RunError) -> Int32 {
        try execute(command, on: machine, input: passesInput ? { Self.readInput() } : nil) { bytes, isError in
            writeBytes(bytes, to: isError ? STDERR_FILENO : STDOUT_FILENO)
        }
    }

    /// Why a command failed: the first line that it wrote to standard error, or its exit status.
    static func reason(_ errors: [UInt8], status: Int32) -> String {
        String(decoding: errors, as: UTF8.self).split(separator: "\n").first.map(String.init)
            ?? "exit status \(status)"
    }

    /// A word, quoted for a shell.
    static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }

    /// The next part of standard input; nothing at its end.
    private static func readInput() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        // The buffer outlives the call.
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe read(STDIN_FILENO, $0.baseAddress, $0.count)
        }
        return count > 0 ? Array(buffer[..<count]) : []
    }

    // MARK: Processes

    /// Prints the processes of a machine, or of all.
    func showProcesses(of machine: String?) throws(RunError) {
        let state = try state()
        if let machine, !state.machines.contains(where: { $0.name == machine }) {
            throw RunError(.usage, Moment.unknown(machine: machine, among: state.machines.map(\.name)))
        }
        for other in state.machines where machine ?? other.name == other.name {
            guard let obstacle = other.obstacle else {
                writeText("\(other.name)\n", to: STDOUT_FILENO)
                _ = try show("exec /proc/1/exe processes", on: other.name)
                continue
            }
            writeText("\(obstacle)\n", to: STDOUT_FILENO)
        }
    }
}
