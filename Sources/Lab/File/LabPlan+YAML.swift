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
        if let timeout { out.line(0, "timeout: \(DurationText.format(timeout))") }
        if !networks.isEmpty { out.line(0, "networks:") }
        for network in networks {
            out.line(1, "\(quoted(network.name)):")
            if let subnet = network.subnet { out.line(2, "subnet: \(subnet)") }
            out.line(2, "latency: \(DurationText.format(network.latency))")
            out.line(2, "mtu: \(network.mtu)")
            out.line(2, "offload: \(network.offload)")
            out.line(2, "capture: \(network.capture)")
        }
        out.line(0, "machines:")
        for machine in machines { write(machine, to: &out) }
        return out.text
    }

    private func write(_ machine: MachinePlan, to out: inout YAMLWriter) {
        out.line(1, "\(quoted(machine.name)):")
        if let model = machine.model { write(model, to: &out) }
        if let kernel = machine.kernel { out.line(2, "kernel: \(quoted(kernel))") }
        if machine.model == nil { out.line(2, "memory: \(SizeText.format(machine.memoryBytes))") }
        if !machine.interfaces.isEmpty { out.line(2, "networks:") }
        for interface in machine.interfaces {
            out.line(3, "\(quoted(networks[interface.network].name)):")
            if let address = interface.address { out.line(4, "address: \(address)") }
            out.line(4, "mac: \(quoted(interface.mac.description))")
        }
        // A model has nothing else.
        guard machine.model == nil else { return }
        if !machine.environment.isEmpty { out.line(2, "env:") }
        for entry in machine.environment { out.line(3, "\(quoted(entry.name)): \(quoted(entry.value))") }
        if !machine.files.isEmpty { out.line(2, "files:") }
        for file in machine.files {
            out.line(3, "\(quoted(file.path)):")
            switch file.contents {
            case .inline(let text): out.line(4, "content: \(quoted(text))")
            case .from(let path): out.line(4, "from: \(quoted(path))")
            }
            out.line(4, "mode: \(quoted("0" + String(file.mode, radix: 8)))")
        }
        if !machine.routes.isEmpty { out.line(2, "routes:") }
        for route in machine.routes {
            out.line(3, "\(route.destination?.description ?? "default"): \(route.gateway)")
        }
        out.line(2, "forward: \(machine.forwards)")
        if !machine.commands.isEmpty { out.line(2, "run:") }
        for command in machine.commands {
            out.line(3, "- command: \(quoted(command.command))")
            if let at = command.at { out.line(4, "at: \(DurationText.format(at))") }
            out.line(4, "background: \(command.background)")
            switch command.expectation {
            case .status(let status), .statusOrRunning(let status): out.line(4, "expect: \(status)")
            case .running: out.line(4, "expect: running")
            case .any: out.line(4, "expect: any")
            }
            out.line(4, "stop-signal: \(command.stopSignal)")
        }
    }

    private func write(_ model: ModelPlan, to out: inout YAMLWriter) {
        out.line(2, "model:")
        out.line(3, "kind: \(model.kind)")
        for (name, value) in model.settings.entries {
            switch value {
            case .duration(let nanoseconds): out.line(3, "\(name): \(DurationText.format(nanoseconds))")
            case .integer(let number): out.line(3, "\(name): \(number)")
            case .word(let word): out.line(3, "\(name): \(word)")
            case .peer(let peer, _): out.line(3, "\(name): \(quoted(peer))")
            }
        }
    }

    /// A double-quoted YAML scalar (YAML 1.2, section 5.7 and 7.3.1).
    private func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case _
            where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0xfeff
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

private struct YAMLWriter {
    var text = ""

    mutating func line(_ level: Int, _ content: String) {
        text += String(repeating: "  ", count: level) + content + "\n"
    }
}
