internal import Models
internal import Network

extension LabPlan {
    /// The lab as resolved, as a lab file: read again it gives the same plan.
    package var yaml: String {
        var out = YAMLWriter()
        out.line(0, "name: \(name)")
        out.line(0, "seed: \(seed)")
        out.line(0, "start: \(RFC3339.format(startNanoseconds))")
        if let until { out.line(0, "until: \(DurationText.format(until))") }
        if isHermetic { out.line(0, "hermetic: true") }
        out.line(0, "timeout: \(timeout.map(DurationText.format) ?? "none")")
        if let failFast { out.line(0, "fail-fast: \(failFast)") }
        if !networks.isEmpty { out.line(0, "networks:") }
        for index in networks.indices { writeNetwork(index, to: &out) }
        out.line(0, "machines:")
        for machine in machines { write(machine, to: &out) }
        if !faults.isEmpty { write(faults, to: &out) }
        if !logs.isEmpty { out.line(0, "logs:") }
        for rule in logs { write(rule, to: &out) }
        out.line(0, "kernel-reports: \(failsOnReports)")
        return out.text
    }

    private func write(_ machine: MachinePlan, to out: inout YAMLWriter) {
        out.line(1, "\(YAMLWriter.quoted(machine.name)):")
        if let model = machine.model { write(model, to: &out) }
        if let kernel = machine.kernel { out.line(2, "kernel: \(YAMLWriter.quoted(kernel))") }
        write(machine.software, hasCommands: !machine.commands.isEmpty, to: &out)
        if machine.model == nil { out.line(2, "memory: \(SizeText.format(machine.memoryBytes))") }
        if !machine.interfaces.isEmpty { out.line(2, "networks:") }
        for interface in machine.interfaces { write(interface, to: &out) }
        // A model has nothing else.
        guard machine.model == nil else { return }
        if !machine.environment.isEmpty { out.line(2, "env:") }
        for entry in machine.environment {
            out.line(3, "\(YAMLWriter.quoted(entry.name)): \(YAMLWriter.quoted(entry.value))")
        }
        if !machine.files.isEmpty { out.line(2, "files:") }
        for file in machine.files {
            out.line(3, "\(YAMLWriter.quoted(file.path)):")
            switch file.contents {
            case .inline(let text): out.line(4, "content: \(YAMLWriter.quoted(text))")
            case .from(let path): out.line(4, "from: \(YAMLWriter.quoted(path))")
            }
            out.line(4, "mode: \(YAMLWriter.quoted("0" + String(file.mode, radix: 8)))")
        }
        if !machine.routes.isEmpty { out.line(2, "routes:") }
        for route in machine.routes {
            out.line(3, "\(route.destination?.description ?? "default"): \(route.gateway)")
        }
        out.line(2, "forward: \(machine.forwards)")
        out.line(2, "state: \(machine.keepsState ? "keep" : "lost")")
        if !machine.artifacts.isEmpty {
            let patterns = machine.artifacts.map { YAMLWriter.quoted($0.text) }
            out.line(2, "artifacts: [\(patterns.joined(separator: ", "))]")
        }
        let polling = machine.pollingLimit == 0 ? "exact" : DurationText.format(machine.pollingLimit)
        out.line(2, "polling: \(polling)")
        if !machine.commands.isEmpty { out.line(2, "run:") }
        for command in machine.commands {
            let text = command.words.map(YAMLWriter.list) ?? YAMLWriter.quoted(command.command)
            out.line(3, "- command: \(text)")
            if let at = command.at { out.line(4, "at: \(DurationText.format(at))") }
            out.line(4, "background: \(command.background)")
            switch command.expectation {
            case .statusOrRunning(let status) where !command.background:
                out.line(4, "expect: [\(status), running]")
            case .status(let status), .statusOrRunning(let status): out.line(4, "expect: \(status)")
            case .running: out.line(4, "expect: running")
            case .any: out.line(4, "expect: any")
            }
            out.line(4, "stop-signal: \(command.stopSignal)")
        }
        if machine.checks.contains(where: { !$0.isHealth }) { out.line(2, "check:") }
        for check in machine.checks { write(check, to: &out) }
    }

    private func write(_ software: SoftwarePlan, hasCommands: Bool, to out: inout YAMLWriter) {
        if let root = software.root { out.line(2, "root: \(YAMLWriter.quoted(root.text))") }
        // Where they are known, the program is among the commands.
        if !hasCommands {
            if let words = software.entrypoint { out.line(2, "entrypoint: \(YAMLWriter.list(words))") }
            if let words = software.command { out.line(2, "command: \(YAMLWriter.list(words))") }
        }
        if let signal = software.stopSignal, !hasCommands { out.line(2, "stop-signal: \(signal)") }
        if let user = software.user { out.line(2, "user: \(YAMLWriter.quoted(user))") }
        if let folder = software.workingFolder { out.line(2, "workdir: \(YAMLWriter.quoted(folder))") }
        if software.ignoresHealth { out.line(2, "health: none") }
        if software.restart != .no { out.line(2, "restart: \(software.restart.text)") }
        if !software.after.isEmpty { out.line(2, "after:") }
        for other in software.after {
            out.line(3, "\(YAMLWriter.quoted(machines[other.machine].name)): \(other.condition.rawValue)")
        }
        if !software.mounts.isEmpty { out.line(2, "mounts:") }
        for mount in software.mounts {
            let contents =
                switch mount.contents {
                case .folder(let path): "from: \(YAMLWriter.quoted(path))"
                case .memory(let size): "tmpfs: \(size.map(SizeText.format) ?? "default")"
                }
            out.line(3, "\(YAMLWriter.quoted(mount.path)): { \(contents) }")
        }
        if !software.sysctls.isEmpty { out.line(2, "sysctls:") }
        for setting in software.sysctls {
            out.line(3, "\(YAMLWriter.quoted(setting.name)): \(YAMLWriter.quoted(setting.value))")
        }
        if !software.limits.isEmpty { out.line(2, "ulimits:") }
        for limit in software.limits {
            let values = [limit.soft, limit.hard].map { $0.map(String.init) ?? "unlimited" }
            out.line(3, "\(limit.name): { soft: \(values[0]), hard: \(values[1]) }")
        }
        if software.stopGrace != SoftwarePlan.usualStopGrace {
            out.line(2, "stop-grace: \(DurationText.format(software.stopGrace))")
        }
        if !software.hosts.isEmpty { out.line(2, "hosts:") }
        for entry in software.hosts { out.line(3, "\(YAMLWriter.quoted(entry.name)): \(entry.address)") }
        if let name = software.hostName { out.line(2, "hostname: \(YAMLWriter.quoted(name))") }
    }

    private func write(_ health: HealthPlan, _ check: CheckPlan, to out: inout YAMLWriter) {
        out.line(2, "health:")
        out.line(3, "test: \(check.words.map(YAMLWriter.list) ?? YAMLWriter.quoted(check.command))")
        out.line(3, "interval: \(DurationText.format(health.interval))")
        out.line(3, "timeout: \(DurationText.format(health.timeout))")
        out.line(3, "retries: \(health.retries)")
        out.line(3, "start-period: \(DurationText.format(health.startPeriod))")
        out.line(3, "start-interval: \(DurationText.format(health.startInterval))")
    }

    private func write(_ check: CheckPlan, to out: inout YAMLWriter) {
        if case .health(let health) = check.schedule { return write(health, check, to: &out) }
        out.line(3, "- command: \(YAMLWriter.quoted(check.command))")
        switch check.schedule {
        case .at(let instant): out.line(4, "at: \(DurationText.format(instant))")
        case .every(let interval, let from, let until):
            out.line(4, "every: \(DurationText.format(interval))")
            out.line(4, "from: \(DurationText.format(from))")
            if let until { out.line(4, "until: \(DurationText.format(until))") }
        case .eventually(let limit, let interval):
            out.line(4, "eventually: \(DurationText.format(limit))")
            out.line(4, "every: \(DurationText.format(interval))")
        case .health: break
        }
        out.line(4, "expect: \(check.status)")
    }

    private func write(_ rule: LogRule, to out: inout YAMLWriter) {
        out.line(1, "- \(rule.isRequired ? "must" : "never"): \(YAMLWriter.quoted(rule.pattern))")
        out.line(2, "in: \(rule.source.rawValue)")
        guard let indices = rule.machines else { return }
        let names = indices.map { YAMLWriter.word(machines[$0].name) }
        out.line(2, "machines: [\(names.joined(separator: ", "))]")
    }

    private func write(_ model: ModelPlan, to out: inout YAMLWriter) {
        out.line(2, "model:")
        out.line(3, "kind: \(model.kind)")
        for (name, value) in model.settings.entries {
            switch value {
            case .duration(let nanoseconds): out.line(3, "\(name): \(DurationText.format(nanoseconds))")
            case .integer(let number): out.line(3, "\(name): \(number)")
            case .word(let word): out.line(3, "\(name): \(word)")
            case .peer(let peer, _): out.line(3, "\(name): \(YAMLWriter.quoted(peer))")
            }
        }
    }
}
