import Foundation

/// A headless Chromium with one page, controlled by its DevTools protocol: two pipes, JSON, a NUL after each message.
/// Every wait is bounded, and only the process that was started here is killed.
final class Browser {
    /// Why a page cannot be controlled; one line.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let program = "chromium-headless-shell"
    /// The longest wait, seconds of wall-clock time.
    static let timeout: TimeInterval = 60

    private let folder: URL
    private let process = Process()
    private let input: Int32
    private let output: Int32
    private var received: [UInt8] = []
    private var messages: [[String: Any]] = []
    private var lastID = 0
    private var session: String?
    private var buttons = 0
    /// Exceptions and messages of the page since it was opened.
    private(set) var errors: [String] = []
    /// Addresses that were requested since the page was opened, including its own.
    private(set) var requests: [String] = []

    /// Starts the browser with an empty page.
    init(width: Int = 1280, height: Int = 800) throws {
        guard Self.isInstalled else {
            throw Failure(
                description: "\(Self.program) is not on the PATH: install the package chromium-headless-shell"
            )
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "almanac-browser-\(UUID().uuidString)")
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let names = ["in", "out"].map { folder.appendingPathComponent($0).path }
        for name in names {
            guard unsafe mkfifo(name, 0o600) == 0 else { throw Failure(description: "cannot make \(name)") }
        }
        // Opened for reading and writing: opening does not block, and a pipe never loses its last reader or writer.
        input = unsafe Glibc.open(names[0], O_RDWR | O_NONBLOCK | O_CLOEXEC)
        output = unsafe Glibc.open(names[1], O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard input >= 0, output >= 0 else {
            throw Failure(description: "cannot open the pipes in \(folder.path)")
        }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let options = [
            "--no-sandbox", "--headless", "--remote-debugging-pipe", "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run", "--user-data-dir=profile", "--window-size=\(width),\(height)",
        ]
        process.arguments = ["-c", "exec \(Self.program) \(options.joined(separator: " ")) 3<in 4>out"]
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let target = try call("Target.createTarget", ["url": "about:blank"])
        let attached = try call(
            "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])
        session = attached["sessionId"] as? String
        for domain in ["Page", "Runtime", "Log", "Network"] { try call("\(domain).enable") }
        try call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    static var isInstalled: Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    deinit { close() }

    /// Ends the browser and removes its files.
    func close() {
        guard process.isRunning || FileManager.default.fileExists(atPath: folder.path) else { return }
        if process.isRunning {
            _ = try? call("Browser.close", isOfBrowser: true)
            let deadline = Date(timeIntervalSinceNow: 5)
            while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
        _ = Glibc.close(input)
        _ = Glibc.close(output)
        try? FileManager.default.removeItem(at: folder)
    }

    // MARK: Pages

    /// Writes a page into a file and opens it; returns when it has loaded and painted.
    ///
    /// - Parameter fragment: what follows `#` in its address.
    func open(page: String, fragment: String = "") throws {
        let file = folder.appendingPathComponent("page.html")
        try Data(page.utf8).write(to: file)
        try open(address: file.absoluteString + (fragment.isEmpty ? "" : "#\(fragment)"))
    }

    /// Opens an address; returns when it has loaded and painted.
    func open(address: String) throws {
        // The same address with another fragment would not be reloaded.
        try call("Page.navigate", ["url": "about:blank"])
        try wait(for: "Page.loadEventFired")
        errors = []
        requests = []
        let result = try call("Page.navigate", ["url": address])
        if let problem = result["errorText"] as? String {
            throw Failure(description: "\(address): \(problem)")
        }
        try wait(for: "Page.loadEventFired")
        try paint()
    }

    /// Waits until pending changes are painted.
    func paint() throws {
        _ = try evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
    }

    /// The value of a JavaScript expression, or of its promise, as JSON.
    @discardableResult
    func evaluate(_ expression: String) throws -> Any {
        let result = try call(
            "Runtime.evaluate", ["expression": expression, "returnByValue": true, "awaitPromise": true])
        if let details = result["exceptionDetails"] {
            throw Failure(description: "\(expression): \(details)")
        }
        return (result["result"] as? [String: Any])?["value"] ?? NSNull()
    }

    /// The value of a JavaScript expression as a Swift type.
    func value<Value>(_ expression: String, as type: Value.Type = Value.self) throws -> Value {
        let result = try evaluate(expression)
        guard let value = result as? Value else {
            throw Failure(description: "\(expression) is \(result), no \(Value.self)")
        }
        return value
    }

    /// A screenshot of the window, a PNG in base 64.
    func screenshot() throws -> String {
        let result = try call("Page.captureScreenshot", ["format": "png"])
        guard let data = result["data"] as? String else {
            throw Failure(description: "there is no screenshot")
        }
        return data
    }

    /// Sets the preferred colour scheme, `light` or `dark`.
    func prefer(scheme: String) throws {
        try call(
            "Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": scheme]]])
        try paint()
    }

    // MARK: Input of mouse and keyboard

    private func mouse(_ type: String, _ x: Double, _ y: Double, _ more: [String: Any] = [:]) throws {
        let common: [String: Any] = ["type": type, "x": x, "y": y, "buttons": buttons]
        try call("Input.dispatchMouseEvent", common.merging(more) { $1 })
    }

    func move(to x: Double, _ y: Double) throws {
        try mouse("mouseMoved", x, y)
        try paint()
    }

    func wheel(at x: Double, _ y: Double, by deltaY: Double) throws {
        try mouse("mouseWheel", x, y, ["deltaX": 0, "deltaY": deltaY])
        try paint()
    }

    func click(_ x: Double, _ y: Double) throws { try drag(from: (x, y), to: (x, y)) }

    /// Presses the button, moves in a few steps, releases it.
    func drag(from start: (x: Double, y: Double), to end: (x: Double, y: Double)) throws {
        try mouse("mouseMoved", start.x, start.y)
        buttons = 1
        try mouse("mousePressed", start.x, start.y, ["button": "left", "clickCount": 1])
        if start != end {
            for step in 1...4 {
                let part = Double(step) / 4
                try mouse(
                    "mouseMoved", start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part,
                    ["button": "left"])
            }
        }
        buttons = 0
        try mouse("mouseReleased", end.x, end.y, ["button": "left", "clickCount": 1])
        try paint()
    }

    /// Presses a key: a character, or a name such as `ArrowLeft`.
    func key(_ key: String) throws {
        var down: [String: Any] = ["type": "keyDown", "key": key]
        if key.count == 1 { down["text"] = key }
        if key == "Enter" { down["text"] = "\r" }
        try call("Input.dispatchKeyEvent", down)
        try call("Input.dispatchKeyEvent", ["type": "keyUp", "key": key])
        try paint()
    }

    /// Types into the focused element.
    func type(_ text: String) throws {
        try call("Input.insertText", ["text": text])
        try paint()
    }

    // MARK: The protocol

    @discardableResult
    private func call(
        _ method: String, _ parameters: [String: Any] = [:], isOfBrowser: Bool = false
    ) throws -> [String: Any] {
        lastID += 1
        var message: [String: Any] = ["id": lastID, "method": method, "params": parameters]
        if let session, !isOfBrowser { message["sessionId"] = session }
        try write(JSONSerialization.data(withJSONObject: message) + [0])
        let deadline = Date(timeIntervalSinceNow: Self.timeout)
        while true {
            if let place = messages.firstIndex(where: { $0["id"] as? Int == lastID }) {
                let answer = messages.remove(at: place)
                if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
                return answer["result"] as? [String: Any] ?? [:]
            }
            try receive(until: deadline, method)
        }
    }

    private func wait(for event: String) throws {
        let deadline = Date(timeIntervalSinceNow: Self.timeout)
        while true {
            if let place = messages.firstIndex(where: { $0["method"] as? String == event }) {
                messages.remove(at: place)
                return
            }
            try receive(until: deadline, event)
        }
    }

    private func ready(_ descriptor: Int32, _ events: Int32, until deadline: Date, _ what: String) throws {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            // One entry, on this stack frame.
            if unsafe poll(&entry, 1, 200) > 0 { return }
            guard process.isRunning else {
                throw Failure(description: "\(Self.program) has ended, waiting for \(what)")
            }
            guard Date() < deadline else {
                throw Failure(description: "\(Self.program) does not respond: \(what)")
            }
        }
    }

    private func write(_ data: Data) throws {
        let deadline = Date(timeIntervalSinceNow: Self.timeout)
        var rest = Array(data)[...]
        while !rest.isEmpty {
            try ready(input, POLLOUT, until: deadline, "writing")
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(input, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EAGAIN || errno == EINTR else {
                throw Failure(description: "cannot write to \(Self.program)")
            }
            rest = rest.dropFirst(max(0, count))
        }
    }

    private func receive(until deadline: Date, _ what: String) throws {
        try ready(output, POLLIN, until: deadline, what)
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(output, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        received += chunk[..<count]
        while let end = received.firstIndex(of: 0) {
            let object = try JSONSerialization.jsonObject(with: Data(received[..<end]))
            received.removeSubrange(...end)
            if let message = object as? [String: Any] { take(message) }
        }
    }

    private func take(_ message: [String: Any]) {
        let parameters = message["params"] as? [String: Any] ?? [:]
        switch message["method"] as? String {
        case "Runtime.exceptionThrown":
            errors.append("exception: \(parameters["exceptionDetails"] ?? "")")
        case "Runtime.consoleAPICalled":
            errors.append("console: \(parameters["args"] ?? "")")
        case "Log.entryAdded":
            errors.append("log: \(parameters["entry"] ?? "")")
        case "Network.requestWillBeSent":
            let request = parameters["request"] as? [String: Any]
            requests.append(request?["url"] as? String ?? "?")
        case "Page.loadEventFired", nil:
            messages.append(message)
        default: break
        }
    }
}
