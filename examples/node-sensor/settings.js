/**
 * What the environment says. A service manager sets it: see tributary-sensor.service.
 * @typedef {object} Settings
 * @property {string} url - The server, `wss://…`.
 * @property {string} serverKey - The key that the server must hold, as it prints it.
 * @property {string} population
 * @property {string} [certificate] - A file with the server's certificate, if it signed it itself.
 * @property {string} sensor - The file that holds the newest reading.
 * @property {number} unit - By how much a reading is divided, so that values lie around 1.
 * @property {number} everyMs - The time between two readings.
 * @property {number} leastExamples - How many examples there must be before the device takes part.
 * @property {string} directory - Where the examples are kept.
 */

/**
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Settings}
 */
export function readSettings(environment) {
  /** @param {string} name @param {string} [otherwise] @returns {string} */
  const text = (name, otherwise) => {
    const value = environment[name] ?? otherwise;
    if (value === undefined || value === "") throw new Error(`Set the variable ${name}.`);
    return value;
  };
  /** @param {string} name @param {number} otherwise @returns {number} */
  const positive = (name, otherwise) => {
    const value = Number(environment[name] ?? otherwise);
    if (Number.isFinite(value) && value > 0) return value;
    throw new Error(`Set the variable ${name} to a number above 0.`);
  };
  const certificate = environment["TRIBUTARY_CERTIFICATE"];
  return {
    url: text("TRIBUTARY_URL"),
    serverKey: text("TRIBUTARY_SERVER_KEY"),
    population: text("TRIBUTARY_POPULATION", "sensors"),
    ...(certificate === undefined ? {} : { certificate }),
    // On most Linux machines, this is the temperature of the processor in thousandths of a degree.
    sensor: text("SENSOR_FILE", "/sys/class/thermal/thermal_zone0/temp"),
    unit: positive("SENSOR_UNIT", 50_000),
    everyMs: 1000 * positive("SENSOR_EVERY_SECONDS", 10),
    leastExamples: positive("SENSOR_LEAST_EXAMPLES", 50),
    // systemd makes this folder and names it, where the unit has StateDirectory.
    directory: text("STATE_DIRECTORY", ".tributary/sensor"),
  };
}
