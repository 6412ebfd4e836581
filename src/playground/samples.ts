import { hooks } from '../../machines/index.ts';
import { chartOf } from '../chart/of-machine.ts';
import { print } from '../chart/print.ts';

const reference = Object.entries(hooks)
  .filter(([name]) => /-|^update/.test(name))
  .map(([name, machine]) => [name, print(chartOf(machine))] as const);

const broken = `flowchart TD
    hook_fired([database-relation-departed Hook]) --> update_connection_info[Update connection info]
    update_connection_info --> is_departing{Is this unit departing?}
    is_departing -- yes --> add_flag[Add departing flag]
    is_departing --> rtn([Return])
    add_flag --> rtn
`;

/** Charts to begin with, by their names: those of PgBouncer, and one that is no program yet. */
export const samples: ReadonlyMap<string, string> = new Map([
  ...reference,
  ['a broken one', broken],
]);

export const firstSample = 'database-relation-departed';

/** The first chart that anybody sees: each of the four shapes, and small enough for one screen. */
export const introduction = `flowchart TD
    hook_fired([database-relation-changed Hook]) --> is_backend_ready{Is the backend ready?}
    is_backend_ready -- no --> defer>defer]
    is_backend_ready -- yes --> create_user[Create user and database]
    create_user --> update_databag[Write the credentials]
    update_databag --> rtn([Return])
`;
