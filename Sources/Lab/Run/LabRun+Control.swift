internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation
internal import Trace

/// What machines' inits say.
extension LabRun {
    func control(_ machine: Machine, _ bytes: [UInt8], at instant: Instant) throws(RunError) {
        let messages: [ControlMessage]
        do throws(ControlDecoder.Failure) {
            messages = try machine.decode(bytes)
        } catch {
            report(problem: "its init sent \(error)", machine: machine)
            end(machine)
            return
        }
        for message in messages { try control(machine, message, at: instant) }
    }

    private func control(_ machine: Machine, _ message: ControlMessage, at instant: Instant) throws(RunError)
    {
        noteLife(message)
        switch message {
        case .hello(let version):
            guard version == ControlMessage.version else {
                report(
                    problem: "its init speaks version \(version), not \(ControlMessage.version)",
                    machine: machine)
                end(machine)
                return
            }
            do throws(RunError) {
                simulation.sendControl(
                    ControlRequest.plan(try planRecords(machine)).frame, machine: machine.index)
            } catch {
                report(problem: error.description, machine: machine)
                end(machine)
            }
        case .ready:
            machine.phase = max(machine.phase, .ready)
            machine.notePeakMemory()
            trace(.up, machine, at: instant)
            say(.machineUp, machine, "\(machine.plan.name) is up", at: instant)
            if stage == .running { go(machine) }
        case .started(let command, _):
            if let check = check(command, of: machine) {
                return checkStarted(check, of: machine, at: instant)
            }
            guard machine.commands.indices.contains(command) else { return }
            machine.commands[command].started = instant
            trace(.commandStart, machine, at: instant, UInt64(command) + 1)
            say(
                .commandStart, machine,
                "\(machine.plan.name) starts \(machine.plan.commands[command].command)", command, at: instant)
        case .output(let command, let bytes):
            guard machine.outputSizes.indices.contains(command) else { return }
            outputSaid(bytes, machine, command: command, at: instant)
            trace(
                .output, machine, at: instant, UInt64(command) + 1, UInt64(bytes.count), TraceHash.of(bytes))
            try write(bytes, machine, command)
        case .ended(let command, let status, _):
            guard machine.outputSizes.indices.contains(command) else { return }
            outputEnded(machine, command: command, at: instant)
            if let check = check(command, of: machine) {
                return checkEnded(check, of: machine, status: Int(status), at: instant)
            }
            machine.notePeakMemory()
            machine.commands[command].ended = instant
            machine.commands[command].status = Int(status)
            machine.commands[command].endedByShutdown = machine.phase >= .stopping
            trace(.commandEnd, machine, at: instant, UInt64(command) + 1, UInt64(UInt32(bitPattern: status)))
            say(
                .commandEnd, machine,
                "\(machine.plan.name): exit \(status) of \(machine.plan.commands[command].command)", command,
                at: instant)
        case .bye:
            guard machine.phase < .leaving else { return }
            // Simulated time goes on until it has left the calendar: powering off may take some.
            machine.phase = .leaving
        case .problem(let text):
            report(problem: text, machine: machine)
        case .outlook(let next, let switches, let runnable, let programs):
            take(
                Outlook(
                    next: runnable > 0 ? instant : next.map { instant.advanced(by: $0) }, switches: switches,
                    programs: programs),
                of: machine)
        }
    }
}
