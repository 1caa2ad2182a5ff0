internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation
internal import Trace

/// Handles the control messages of machines' inits.
extension LabRun {
    func control(_ machine: Machine, _ bytes: [UInt8], at instant: Instant) throws(RunError) {
        let messages: [ControlMessage]
        do throws(ControlDecoder.Failure) {
            messages = try machine.decode(bytes)
        } catch {
            return try handle(.init(error), machine)
        }
        for message in messages { try control(machine, message, at: instant) }
    }

    private func control(_ machine: Machine, _ message: ControlMessage, at instant: Instant) throws(RunError)
    {
        guard try !take(message, of: machine) else { return }
        noteActivity(message)
        if let event = MachineLifecycle.Event(message, at: instant) { return try handle(event, machine) }
        switch message {
        case .hello:
            machine.files = FilePieces(machine.plan.files, folder: options.filesFolder)
            try noteHostFiles(of: machine)
            try sendFilesAndPlan(to: machine)
        case .stored: try sendFilesAndPlan(to: machine)
        case .artifact(let entry): try take(entry, of: machine)
        case .ready, .bye, .errors, .need, .taken: break
        case .started(let command, _):
            if let check = machine.check(numbered: command) {
                return checkStarted(check, of: machine, at: instant)
            }
            guard machine.commands.indices.contains(command) else { return }
            machine.commands[command].started = instant
            machine.commands[command].ended = nil
            machine.commands[command].status = nil
            hangDetector.commandMessages += 1
            trace(.commandStart, machine, at: instant, UInt64(command) + 1)
            say(
                .commandStart, machine,
                "\(machine.plan.name) starts \(machine.plan.commands[command].command)", command, at: instant)
            if command == machine.commands.indices.last { serviceStarted(machine, at: instant) }
        case .output(let command, let bytes):
            guard machine.outputs.has(command) else { return }
            if machine.check(numbered: command) == nil { hangDetector.commandMessages += 1 }
            judge(output: bytes, machine, command: command, at: instant)
            trace(
                .output, machine, at: instant, UInt64(command) + 1, UInt64(bytes.count), TraceHash.of(bytes))
            try write(bytes, machine, command)
        case .ended(let command, let status, _, let sleeps):
            guard machine.outputs.has(command) else { return }
            judge(lastLineOf: command, machine, at: instant)
            if let check = machine.check(numbered: command) {
                return checkEnded(check, of: machine, status: Int(status), at: instant)
            }
            guard !machine.process.lostPrograms else { return }
            machine.process.notePeakMemory()
            machine.commands[command].ended = instant
            hangDetector.commandMessages += 1
            machine.commands[command].status = Int(status)
            machine.commands[command].sleeps = sleeps
            machine.commands[command].endedByShutdown = machine.lifecycle.isShuttingDown
            trace(.commandEnd, machine, at: instant, UInt64(command) + 1, UInt64(UInt32(bitPattern: status)))
            say(
                .commandEnd, machine,
                "\(machine.plan.name): exit \(status) of \(machine.plan.commands[command].command)", command,
                at: instant)
            if command == machine.commands.indices.last {
                serviceEnded(machine, status: Int(status), at: instant)
            }
            try noteEnd(ofCommand: command, of: machine)
        case .problem(let text):
            report(problem: text, machine: machine)
        case .outlook(let next, let switches, let runnable, let programs):
            try take(
                Outlook(
                    next: runnable > 0 ? instant : next.map { instant.advanced(by: $0) }, switches: switches,
                    programs: programs),
                of: machine)
        }
    }

    /// Sends the next piece of the machine's files, or, when it has them all, the plan: one request at a time, so that neither side
    /// holds more than a piece.
    private func sendFilesAndPlan(to machine: Machine) throws(RunError) {
        let piece: ControlRequest?
        do throws(RunError) {
            piece = try machine.files.next()
        } catch {
            return try handle(.violated(.init(problem: error.description)), machine)
        }
        let request = piece ?? .plan(planRecords(machine))
        simulation.sendControl(request.frame, machine: machine.index)
    }
}
