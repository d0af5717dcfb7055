/**
 * The default event bus: events go to the targets of every enabled rule whose pattern matches, schedules fire by the
 * clock or by name. Whether a target may be reached was checked when its rule was created.
 */
import { randomUUID } from 'node:crypto';
import { checkPattern, type EventPattern, matchesPattern } from './event-pattern.ts';
import { type EventTrouble, TroubledDelivery } from './event-trouble.ts';
import { parseSchedule, type Schedule } from './schedule.ts';

export interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: unknown;
  readonly resources?: readonly string[];
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly pattern?: EventPattern;
  readonly schedule?: string;
  readonly targets: readonly RuleTarget[];
}

export interface RuleTarget {
  /** Replaces the event, if the rule says so. */
  readonly input?: string;
  deliver(event: unknown): Promise<void> | void;
}

export interface EventBusOptions {
  readonly region: string;
  readonly accountId: string;
  /** Default true. False: schedules fire only by name. */
  readonly firesByClock?: boolean;
  onFault(error: unknown, rule: string): void;
}

export class EventBus {
  readonly #options: EventBusOptions;
  readonly #rules = new Map<string, Rule>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #delivery = new TroubledDelivery();

  constructor(options: EventBusOptions) {
    this.#options = options;
  }

  /** @throws Error if the pattern or the schedule is not supported */
  addRule(rule: Rule): void {
    if (rule.pattern) checkPattern(rule.pattern);
    const schedule = rule.schedule && parseSchedule(rule.schedule);
    if (schedule && this.#options.firesByClock !== false) this.#start(rule.name, schedule);
    this.#rules.set(rule.name, rule);
  }

  get ruleNames(): readonly string[] {
    return [...this.#rules.keys()];
  }

  /** How events are delivered from now on, and schedules, of which none is lost. Absent: each once, and at once. */
  disturb(trouble?: EventTrouble): void {
    this.#delivery.disturb(trouble);
  }

  /** To every rule that matches. Resolves as `fireSchedule` does. */
  async putEvent(event: BusEvent): Promise<void> {
    const whole = this.#envelope(event);
    const wanting = [...this.#rules.values()].filter(
      ({ pattern }) => pattern && matchesPattern(pattern, whole),
    );
    await Promise.all(wanting.map((rule) => this.#delivery.deliver(() => this.#deliver(rule, whole))));
  }

  /**
   * Fires a schedule now. Resolves when all targets are done: a queue has the message, a function's first attempt has
   * ended and its output has been passed on. @throws Error for a rule without a schedule
   */
  async fireSchedule(name: string): Promise<void> {
    const rule = this.#rules.get(name);
    if (!rule?.schedule) {
      const scheduled = [...this.#rules.values()].filter(({ schedule }) => schedule);
      throw new Error(
        `There is no schedule ${name}; there are ${scheduled.map((each) => each.name).join(', ')}.`,
      );
    }
    const event = {
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      detail: {},
      resources: [rule.arn],
    };
    const whole = this.#envelope(event);
    await this.#delivery.deliverSurely(() => this.#deliver(rule, whole));
  }

  close(): void {
    this.#delivery.close();
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #deliver(rule: Rule, event: unknown) {
    await Promise.all(
      rule.targets.map(async (target) => {
        try {
          await target.deliver(target.input === undefined ? event : JSON.parse(target.input));
        } catch (error) {
          this.#options.onFault(error, rule.name);
        }
      }),
    );
  }

  #start(name: string, schedule: Schedule) {
    let lastMinute = Math.floor(Date.now() / 60_000);
    const tick = () => {
      const minute = Math.floor(Date.now() / 60_000);
      if (schedule.kind === 'cron' && (minute === lastMinute || !schedule.matches(new Date()))) return;
      lastMinute = minute;
      void this.fireSchedule(name);
    };
    const timer = setInterval(tick, schedule.kind === 'rate' ? schedule.milliseconds : 10_000);
    timer.unref();
    this.#timers.add(timer);
  }

  #envelope(event: BusEvent) {
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': event['detail-type'],
      source: event.source,
      account: this.#options.accountId,
      time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.#options.region,
      resources: event.resources ?? [],
      detail: event.detail,
    };
  }
}
