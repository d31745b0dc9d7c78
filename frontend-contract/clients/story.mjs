// What a subscription has told so far, in its order.

export class Story {
  constructor(stream) {
    this.stream = stream;
    this.events = [];
  }

  async next() {
    const { value } = await this.stream.next();
    if (value.type && value.type !== 'HEARTBEAT') this.events.push(value);
    return value;
  }

  // The next one that is no heartbeat.
  async event() {
    for (;;) {
      const value = await this.next();
      if (value.type !== 'HEARTBEAT') return value;
    }
  }

  async end() {
    await this.stream.return();
  }
}
