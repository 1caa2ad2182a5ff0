internal import Calendar
internal import Foundation
internal import Glibc
internal import Lab
internal import LabPlan

/// A shell on a machine of a run: with a terminal where this program has one, otherwise it reads its commands from standard input.
struct ShellSession {
    /// The key that calls almanac's own prompt: Ctrl-].
    private static let promptKey: UInt8 = 0x1d

    let visitor: Visitor
    let machine: String

    /// Lasts until the shell ends, or the run.
    ///
    /// - Returns: the shell's exit status.
    func run() throws(RunError) -> Int32 {
        guard Terminal.isThere else {
            return try visitor.show("exec /bin/sh", on: machine, passesInput: true)
        }
        let terminal = try Terminal()
        defer { terminal.restore() }
        var session = InteractiveShell(visitor: visitor, machine: machine, terminal: terminal)
        return try session.run()
    }

    /// One that is at the terminal.
    private struct InteractiveShell {
        let visitor: Visitor
        let machine: String
        let terminal: Terminal
        var line = ShellStatusLine(Terminal.size)
        var size = Terminal.size
        /// The person has let the run go on to its end.
        var isResumed = false

        mutating func run() throws(RunError) -> Int32 {
            let connection = try VisitorConnection(folder: visitor.folder)
            try connection.send(.look(LookPlan(machine: machine, command: command, terminal: line.rest)))
            try connection.send(.state)
            write(line.begin())
            defer { write(line.end()) }
            while true {
                var ready = [
                    pollfd(fd: connection.number, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                ]
                // The array outlives the call. The size of the terminal is checked now and then.
                _ = unsafe poll(&ready, 2, 200)
                try followSize(connection)
                if ready[0].revents != 0 {
                    for reply in try connection.arrived() {
                        switch reply {
                        case .output(let bytes), .errors(let bytes): write(line.pass(bytes))
                        case .ended where isResumed:
                            throw RunError(.failed, "the run is over, and the shell with it")
                        case .ended(let status): return status
                        case .failed(let failure): throw RunError(failure)
                        case .state(let state): show(state)
                        }
                    }
                }
                if ready[1].revents != 0, try !takeKeys(connection) { return 129 }
            }
        }

        private var command: String {
            """
            TERM=\(Visitor.quoted(Terminal.kind)); export TERM; cd /root 2>/dev/null; \
            if [ -x /bin/bash ]; then exec /bin/bash -i; else exec /bin/sh -i; fi
            """
        }

        private func write(_ bytes: [UInt8]) { writeBytes(bytes, to: STDOUT_FILENO) }

        private mutating func show(_ state: VisitState) {
            let time = Instant(nanoseconds: state.nanoseconds)
            let mode = state.isHeld ? "time stands" : "time goes on"
            write(line.show(" \(machine)  \(time)  \(mode)  Ctrl-] for almanac "))
        }

        private mutating func followSize(_ connection: VisitorConnection) throws(RunError) {
            guard Terminal.size != size else { return }
            size = Terminal.size
            write(line.resize(size))
            try connection.send(.resize(line.rest))
        }

        /// - Returns: false when the terminal has gone away, or the person has left.
        private mutating func takeKeys(_ connection: VisitorConnection) throws(RunError) -> Bool {
            var buffer = [UInt8](repeating: 0, count: 4096)
            // The buffer outlives the call.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return false }
            let keys = buffer[..<count]
            guard let call = keys.firstIndex(of: ShellSession.promptKey) else {
                try connection.send(.input(Array(keys)))
                return true
            }
            if call > keys.startIndex { try connection.send(.input(Array(keys[..<call]))) }
            terminal.restore()
            defer { terminal.setRaw() }
            write(line.end() + Array("\r\n".utf8))
            let answer = AlmanacPrompt(visitor: visitor).run()
            if answer == .resumed { isResumed = true }
            write(line.begin())
            return answer != .left
        }
    }
}

/// Almanac's own prompt in a shell session.
struct AlmanacPrompt {
    let visitor: Visitor

    private static let help = """
        time 5s      let all machines go on for 5 s of simulated time
        continue     let the run go on to its end
        exec M CMD   run a command on machine M
        ps [M]       show the processes of machine M, or of all
        quit         leave the shell
        An empty line goes back to the shell.
        """

    /// How a person leaves it.
    enum Answer {
        case back
        /// The run goes on to its end.
        case resumed
        /// The shell is to end.
        case left
    }

    /// Reads commands until one goes back to the shell.
    func run() -> Answer {
        while true {
            writeText("almanac> ", to: STDOUT_FILENO)
            guard let text = readLine() else { return .left }
            let words = text.split(separator: " ", maxSplits: 2).map(String.init)
            guard let word = words.first else { return .back }
            if word == "quit" || word == "exit" { return .left }
            do throws(RunError) {
                if try obey(word, words) { return .resumed }
            } catch {
                standardError("almanac: \(error.description)")
            }
        }
    }

    /// - Returns: the run goes on to its end.
    private func obey(_ word: String, _ words: [String]) throws(RunError) -> Bool {
        switch (word, words.count) {
        case ("time", 2):
            let nanoseconds: UInt64
            do throws(TextError) { nanoseconds = try DurationText.parse(words[1]) } catch {
                throw RunError(.usage, "time: \(error)")
            }
            try visitor.drive(.pass(nanoseconds))
            writeText("\(Instant(nanoseconds: try visitor.state().nanoseconds))\n", to: STDOUT_FILENO)
            return false
        case ("continue", 1):
            try visitor.drive(.resume)
            return true
        case ("exec", 3):
            let status = try visitor.show(words[2], on: words[1])
            if status != 0 { writeText("exit status \(status)\n", to: STDOUT_FILENO) }
            return false
        case ("ps", 1...2):
            try visitor.showProcesses(of: words.count > 1 ? words[1] : nil)
            return false
        default:
            writeText(Self.help + "\n", to: STDOUT_FILENO)
            return false
        }
    }
}
