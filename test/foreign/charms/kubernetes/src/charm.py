#!/usr/bin/env python3
"""Shines in a container; each hook looks at all there is to do."""

import ops


class Lantern(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        self.lamp = self.unit.get_container('lamp')
        light = self.on['light']
        for event in (
            self.on.lamp_pebble_ready,
            self.on.config_changed,
            self.on.leader_elected,
            self.on.update_status,
            light.relation_changed,
        ):
            framework.observe(event, self._look)

    def _look(self, event):
        if not self.lamp.can_connect():
            self.unit.status = ops.WaitingStatus('no lamp yet')
            return
        self._shine()
        if self.unit.is_leader():
            for relation in self.model.relations['light']:
                if relation.data[relation.app].get('room'):
                    relation.data[self.app]['shines'] = 'yes'
        self.unit.status = ops.ActiveStatus()

    def _shine(self):
        colour = self.config['colour']
        self.lamp.push('/etc/lamp/colour', colour, make_dirs=True, permissions=0o640)
        if not self.lamp.exists('/oil/filled'):
            self.lamp.push('/oil/filled', 'yes')
        self.lamp.add_layer('lamp', self._layer(colour), combine=True)
        self.lamp.replan()

    def _layer(self, colour):
        service = {
            'override': 'replace',
            'startup': 'enabled',
            'command': f'/usr/bin/lamp --colour {colour}',
        }
        return {'services': {'lamp': service}}


if __name__ == '__main__':
    ops.main(Lantern)
