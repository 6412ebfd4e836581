/** What a model's file is to hold, as far as anything is read of it without being looked at again. */
import * as v from 'valibot';

const bag = v.record(v.string(), v.string());
const byName = <Schema extends v.GenericSchema>(schema: Schema) => v.record(v.string(), schema);

const application = v.looseObject({
  life: v.picklist(['alive', 'dying']),
  leader: v.nullable(v.string()),
  unitsMade: v.number(),
});
const unit = v.looseObject({
  application: v.string(),
  life: v.picklist(['alive', 'dying']),
  state: bag,
  queue: v.array(v.string()),
  failed: v.nullable(v.looseObject({ name: v.string() })),
  told: byName(v.looseObject({ application: bag, units: byName(bag) })),
});
const relation = v.looseObject({
  endpoint: v.string(),
  provider: v.string(),
  requirer: v.string(),
  life: v.picklist(['alive', 'dying', 'suspended']),
  applications: byName(bag),
  units: byName(bag),
  scope: v.array(v.string()),
});
const secret = v.looseObject({
  owner: v.string(),
  revisions: v.array(bag),
  grants: v.array(v.number()),
  tracked: byName(v.number()),
});

/** Who has damaged a file by hand is told where; what else is in it is let through. */
export const storedModel = v.looseObject({
  world: v.looseObject({
    tested: v.string(),
    applications: byName(application),
    units: byName(unit),
    relations: byName(relation),
    secrets: byName(secret),
    made: v.object({ relations: v.number(), secrets: v.number() }),
  }),
  pods: byName(
    v.looseObject({
      files: v.looseObject({ $files: v.array(v.unknown()) }),
      beside: v.looseObject({ status: v.object({ name: v.string(), message: v.string() }) }),
      containers: byName(v.looseObject({ isUp: v.boolean() })),
    }),
  ),
  charms: byName(v.looseObject({ folder: v.string() })),
  crashes: byName(v.unknown()),
  logged: v.number(),
});
